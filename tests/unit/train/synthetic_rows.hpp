#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"

namespace apq::test {

/// Nine blocks in three stages, much as the quickstart's space.
space::SearchSpace synthetic_space();

/// A closed-form accuracy: it saturates in kernels, widths and depths; low bits add noise, block by
/// block, more so in narrow blocks. Rows of `stage` ("fp", or "quant" with bits) with ids 0 ...
/// n-1; labels of 2000 images.
std::vector<h5::Row> synthetic_rows(space::SearchSpace const& space, std::string const& stage, std::size_t n, std::uint64_t seed);

}  // namespace apq::test
