#pragma once

#include <ATen/ATen.h>

namespace apq::net {

/// Fake quantisation of HAQ and APQ (APQ spec A6): per tensor, linear, symmetric, round half to even.
/// `bits` counts magnitude bits: a' = b for a non-negative input, b - 1 for a signed one.

/// clamp(x, 0 or -range, range), then round(x / s) * s with s = range / (2^bits - 1). Gradients: straight through the
/// rounding, zero outside the range, and PACT's for `range` (1 where x > range, -1 where x < -range; one half at the kinks).
/// @param range  one element, same dtype as x; may require grad.
at::Tensor quantise_activation(at::Tensor const& x, at::Tensor const& range, int bits, bool is_signed);

/// The same without autograd, for evaluation: fewer passes over the data.
at::Tensor quantise_activation(at::Tensor const& x, double range, int bits, bool is_signed);

/// round(clamp(w, -range, range) / s) * s with s = range / (2^(bits-1) - 1); gradient passes unchanged, clipped or not.
at::Tensor quantise_weight(at::Tensor const& w, double range, int bits);

}  // namespace apq::net
