#include "train/adam.hpp"

#include <cmath>
#include <utility>

namespace apq::train {

Adam::Adam(at::Tensor anchor) : anchor_(std::move(anchor)), first_(at::zeros_like(anchor_)), second_(at::zeros_like(anchor_)) {}

void Adam::step(at::Tensor& values, at::Tensor const& gradients, double learning_rate, double weight_decay) {
  ++steps_;
  constexpr float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
  auto const rate = static_cast<float>(learning_rate / (1 - std::pow(beta1, steps_)));
  auto const scale = static_cast<float>(1 / (1 - std::pow(beta2, steps_)));
  auto const shrink = static_cast<float>(learning_rate * weight_decay);
  float* const x = values.data_ptr<float>();
  float const* const g = gradients.data_ptr<float>();
  float* const m = first_.data_ptr<float>();
  float* const v = second_.data_ptr<float>();
  float const* const a = anchor_.data_ptr<float>();
  for (std::int64_t i = 0, n = values.numel(); i < n; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    x[i] -= rate * m[i] / (std::sqrt(v[i] * scale) + epsilon) + shrink * (x[i] - a[i]);
  }
}

}  // namespace apq::train
