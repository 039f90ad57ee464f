#pragma once

#include <array>
#include <optional>
#include <vector>

#include "common/space/subnet.hpp"

namespace apq::study {

/// The largest network as it is or with the same bit widths everywhere: what mixed precision is measured against.
struct UniformNetwork {
  std::optional<std::array<int, 2>> bits;  ///< weights, activations; absent: full precision
  space::Subnet subnet;
};

/// Full precision, and W8A8, W6A6, W4A8 and W4A4 as far as the space offers these widths.
std::vector<UniformNetwork> uniform_networks(space::SearchSpace const& space);

}  // namespace apq::study
