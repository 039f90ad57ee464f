#pragma once

#include <cstdint>

#include "common/checkpoint/state_dict.hpp"
#include "train/accuracy_predictor.hpp"

namespace apq::train {

/// The quantised predictor that a transfer begins with: the full-precision weights and a fresh bit
/// branch. With `zero_init` it predicts what the full-precision one does, whatever the bits (mends
/// D-15 of the spec); without, the branch is PyTorch's default, as in the release.
/// @throws Error(internal) when there is a bit branch already.
AccuracyPredictor add_bit_branch(AccuracyPredictor const& full_precision, bool zero_init, std::uint64_t seed);

/// The weights that a network for rows with or without bits starts from: those of `from`, with a bit branch added where it lacks one.
checkpoint::StateDict weights_to_start_from(AccuracyPredictor const& from, bool quantised, bool zero_init, std::uint64_t seed);

}  // namespace apq::train
