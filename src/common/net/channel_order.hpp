#pragma once

#include "common/checkpoint/weight_names.hpp"
#include "common/net/supernet.hpp"

namespace apq::net {

/// True for a network that was trained at one size and comes under others' names: its channels are in no order yet.
bool needs_sorting(space::SearchSpace const& space, checkpoint::WeightNames const& names);

/// Permutes each block's middle channels by descending importance (L1 norm of the projection's columns), so that
/// narrow subnets keep the channels that matter; likewise the hidden channels of a squeeze-excite. The largest network computes the same
/// function. In place.
void sort_channels(Supernet& supernet);

}  // namespace apq::net
