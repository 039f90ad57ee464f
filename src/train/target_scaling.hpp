#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace apq::train {

/// Targets have mean 0 and variance 1 while a network learns; its last layer takes that back at the end, so that the output starts at the
/// mean accuracy.
struct TargetScaling {
  double mean = 0, scale = 1;  ///< label = mean + scale x target
};

/// @param labels  at least 1. Of labels that are all alike the scale is 1e-4, not 0.
TargetScaling scaling_of(std::vector<double> const& labels);

/// float32 [labels, 1].
at::Tensor scaled_targets(std::vector<double> const& labels, TargetScaling const& scaling);

/// A last layer y = weight x + bias.
struct OutputLayer {
  at::Tensor weight, bias;  ///< [1, hidden], [1]
};
/// The layer that gives targets where `layer` gives labels, and back.
OutputLayer to_targets(OutputLayer const& layer, TargetScaling const& scaling);
OutputLayer to_labels(OutputLayer const& layer, TargetScaling const& scaling);

}  // namespace apq::train
