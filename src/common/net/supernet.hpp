#pragma once

#include <cstdint>
#include <string>

#include "common/checkpoint/state_dict.hpp"
#include "common/net/supernet_parameters.hpp"
#include "common/space/search_space.hpp"

namespace apq::net {

/// The once-for-all network: weights of the largest subnet, from which all others are sliced.
struct Supernet {
  space::SearchSpace space;
  checkpoint::StateDict weights;  ///< exactly the names of supernet_parameters(space)
  /// 64 hex digits over names, shapes and float32 values: which weights a label came from.
  std::string hash() const;
};

/// Kaiming-normal (fan out) convolutions, identity kernel transforms, BN (1, 0, 0, 1), classifier N(0, 0.01).
Supernet make_supernet(space::SearchSpace const& space, std::uint64_t seed);

}  // namespace apq::net
