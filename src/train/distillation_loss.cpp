#include "train/distillation_loss.hpp"

#include <ATen/ATen.h>

namespace apq::train {

at::Tensor soft_cross_entropy(at::Tensor const& logits, at::Tensor const& target) {
  return -(target * at::log_softmax(logits, 1)).sum(1).mean();
}

at::Tensor smoothed_one_hot(at::Tensor const& labels, std::int64_t classes, double smoothing) {
  auto const off = smoothing / static_cast<double>(classes);
  auto target = at::full({labels.size(0), classes}, off, at::kFloat);
  return target.scatter_(1, labels.unsqueeze(1), 1.0 - smoothing + off);
}

}  // namespace apq::train
