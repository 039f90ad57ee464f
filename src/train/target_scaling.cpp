#include "train/target_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

namespace apq::train {

TargetScaling scaling_of(std::vector<double> const& labels) {
  auto const n = static_cast<double>(labels.size());
  double const mean = std::accumulate(labels.begin(), labels.end(), 0.0) / n;
  double variance = 0;
  for (double const label : labels) variance += (label - mean) * (label - mean) / n;
  return {mean, std::max(std::sqrt(variance), 1e-4)};
}

at::Tensor scaled_targets(std::vector<double> const& labels, TargetScaling const& scaling) {
  auto targets = at::empty({static_cast<std::int64_t>(labels.size()), 1}, at::kFloat);
  std::transform(labels.begin(), labels.end(), targets.data_ptr<float>(),
                 [&](double label) { return static_cast<float>((label - scaling.mean) / scaling.scale); });
  return targets;
}

OutputLayer to_targets(OutputLayer const& layer, TargetScaling const& scaling) {
  return {layer.weight / scaling.scale, (layer.bias - scaling.mean) / scaling.scale};
}

OutputLayer to_labels(OutputLayer const& layer, TargetScaling const& scaling) {
  return {layer.weight * scaling.scale, layer.bias * scaling.scale + scaling.mean};
}

}  // namespace apq::train
