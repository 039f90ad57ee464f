#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace apq::train {

/// Mean over the batch of the cross entropy against a distribution over classes, nats; [].
/// @param logits, target  float [batch, classes]; the rows of `target` add up to 1.
at::Tensor soft_cross_entropy(at::Tensor const& logits, at::Tensor const& target);

/// float32 [labels, classes]: 1 - smoothing at the label, and `smoothing` spread over all classes (Szegedy et al., CVPR 2016).
/// @param labels  int64 [labels]
at::Tensor smoothed_one_hot(at::Tensor const& labels, std::int64_t classes, double smoothing);

}  // namespace apq::train
