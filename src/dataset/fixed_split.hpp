#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "common/h5/shard.hpp"

namespace apq::dataset {

/// The split of a stage's rows that `apq train` makes (train::split_rows), as ids: what scores on a dataset can be compared on.
struct FixedSplit {
  std::uint64_t seed = 0;
  double held_out_fraction = 0;
  std::vector<std::uint64_t> training;  ///< in a seeded order: the first n are a fair sample, for any n
  std::vector<std::uint64_t> held_out;  ///< ascending
  std::string absent;                   ///< not empty: why there is none, such as too few rows
};

FixedSplit fixed_split(std::vector<h5::Row> const& rows, std::string const& stage, std::uint64_t seed, double held_out_fraction);

/// {"seed", "held_out_fraction", "training", "held_out"}, or {"absent"}.
Json to_json(FixedSplit const& split);

}  // namespace apq::dataset
