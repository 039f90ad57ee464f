#pragma once

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/h5/shard.hpp"

// What the tests of shards, datasets and joined files share.
namespace apq::test {

inline h5::Shard random_shard(std::uint64_t index, std::size_t rows, std::uint64_t first_id = 0) {
  RandomStream random(3, "test.shard", index);
  h5::Shard shard;
  auto& h = shard.header;
  h.stage = "fp";
  h.seed = 17;
  h.space_hash = "space";
  h.identity = {{"supernet", "c0ffee"}, {"evaluator.engine", "reference"}};
  h.config = std::string(100'000, '#') + "\nstudy: {seed: 17}\n";  // longer than HDF5's small attributes
  h.host = "";                                                     // an empty text must survive
  h.num_genes = 5;
  for (std::size_t i = 0; i < rows; ++i) {
    h5::Row row;
    row.id = first_id + i;
    for (int g = 0; g < h.num_genes; ++g) row.genes.push_back(static_cast<std::uint8_t>(random.below(256)));
    row.total = 1000;
    row.correct = static_cast<std::uint32_t>(random.below(1001));
    row.correct5 = 1000;
    row.loss = static_cast<float>(random.uniform());
    row.seconds = 1.5f;
    row.joules = random.chance(0.5) ? std::numeric_limits<float>::quiet_NaN() : 2.0f;
    shard.rows.push_back(row);
  }
  return shard;
}

template <class Call>
std::string message_of(Call const& call) {
  try {
    call();
  } catch (Error const& e) {
    return e.what();
  }
  return "";
}

inline bool has_h5py() { return std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") == 0; }

// Runs Python lines with h5py on a file `f`; true when all its assertions hold.
inline bool python_agrees(std::filesystem::path const& file, std::string const& lines) {
  auto const script = file.string() + ".py";
  replace_file(script, "import h5py, sys\nimport numpy as np\nf = h5py.File(sys.argv[1], 'r')\n" + lines);
  return std::system(fmt::format("/usr/bin/python3 {} {}", script, file.string()).c_str()) == 0;
}

}  // namespace apq::test
