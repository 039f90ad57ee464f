#pragma once

#include <cstdint>
#include <string>

#include "common/space/subnet.hpp"

namespace apq::collect {

/// Sample `index` of a stage: a pure function of (seed, stage, index), whatever rank draws it and whenever.
/// @param stage  "fp": full precision; "quant": with bit genes.
/// @param policies_per_architecture  quant only: so many consecutive indices share one architecture, each with bits of its own.
space::Genes sample(space::SearchSpace const& space, std::uint64_t seed, std::string const& stage, std::uint64_t index,
                    int policies_per_architecture = 1);

}  // namespace apq::collect
