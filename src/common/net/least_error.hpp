#pragma once

#include <ATen/ATen.h>

#include "common/net/kl_threshold.hpp"
#include "common/net/quantiser.hpp"

// Ranges that quantise with the least squared error, and the like, of what is known of the values.
namespace apq::net {

/// The range of `levels` steps from 0 whose clipping and rounding of |x| together have the smallest mean squared error: one of a hundredth
/// to all of the maximum. 0 for an all-zero histogram.
double range_of_least_error(MagnitudeHistogram const& histogram, int levels);

/// Magnitude that a share of all values in (0, 1] does not exceed, to a bin.
double percentile(MagnitudeHistogram const& histogram, double share);

/// Of each range the part, from its third to all of it, whose quantised weights have the smallest squared error.
/// @param largest  as largest_weights() has them
WeightRanges weight_ranges_of_least_error(at::Tensor const& w, WeightRanges largest, int bits);

}  // namespace apq::net
