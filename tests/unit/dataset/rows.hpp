#pragma once

#include <cstdint>
#include <vector>

#include "common/core/random.hpp"
#include "common/h5/dataset.hpp"
#include "common/space/search_space.hpp"
#include "support/tiny_space.hpp"

namespace apq::test {

/// Rows of random subnets of a space, ids from `first` on, hits of 1,000 images.
inline std::vector<h5::Row> random_rows(space::SearchSpace const& space, std::size_t count, bool quantised, std::uint64_t first = 0) {
  std::vector<h5::Row> rows;
  for (std::uint64_t id = first; id < first + count; ++id) {
    RandomStream random(5, "test.dataset", id);
    h5::Row row{.id = id, .genes = space::random_genes(space, random, quantised), .total = 1000};
    row.correct = static_cast<std::uint32_t>(600 + random.below(300));
    row.correct5 = 950;
    row.loss = 0.3f;
    row.seconds = 2;
    row.joules = std::numeric_limits<float>::quiet_NaN();
    rows.push_back(std::move(row));
  }
  return rows;
}

inline h5::Dataset dataset_of(space::SearchSpace const& space, std::vector<h5::Row> rows) {
  h5::Dataset dataset;
  auto& header = dataset.header;
  header.num_genes = static_cast<int>(rows.front().genes.size());
  header.stage = header.num_genes == space.num_genes() ? "quant" : "fp";
  header.seed = 5;
  header.space_hash = space.hash;
  header.space_name = space.name;
  header.identity = {{"supernet", "c0ffee"}, {"evaluator.engine", "reference"}};
  header.source = "collected";
  dataset.rows = std::move(rows);
  return dataset;
}

}  // namespace apq::test
