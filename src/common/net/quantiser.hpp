#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "common/net/range_rules.hpp"

namespace apq::net {

/// Fake quantisation of HAQ and APQ (APQ spec A6): linear, symmetric, round half to even.
/// `bits` counts magnitude bits: a' = b for a non-negative input, b - 1 for a signed one.

/// clamp(x, 0 or -range, range), then round(x / s) * s with s = range / (2^bits - 1). Gradients: straight through the
/// rounding, zero outside the range, and PACT's for `range` (1 where x > range, -1 where x < -range; one half at the kinks).
/// @param range  one element, same dtype as x; may require grad.
at::Tensor quantise_activation(at::Tensor const& x, at::Tensor const& range, int bits, bool is_signed);

/// The same without autograd, for evaluation: fewer passes over the data.
at::Tensor quantise_activation(at::Tensor const& x, double range, int bits, bool is_signed);

/// Where weights are clipped, and by that their scales: one for a tensor, or one for each output channel.
using WeightRanges = std::vector<double>;

/// max|w| of the tensor, or of each output channel.
WeightRanges largest_weights(at::Tensor const& w, WeightScales scales);

/// s = range / (2^(bits-1) - 1) of each range; 1 where a range is 0, as all its weights are.
std::vector<double> weight_steps(WeightRanges const& ranges, int bits);

/// round(clamp(w, -range, range) / s), whole numbers; `ranges` as largest_weights() has them.
at::Tensor weight_codes(at::Tensor const& w, WeightRanges const& ranges, int bits);

/// weight_codes * s; gradient passes unchanged, clipped or not.
at::Tensor quantise_weight(at::Tensor const& w, WeightRanges const& ranges, int bits);

}  // namespace apq::net
