#pragma once

#include <ATen/ATen.h>

namespace apq::train {

/// Adam (Kingma & Ba, ICLR 2015; beta 0.9 and 0.999, epsilon 1e-8) with decoupled weight decay (Loshchilov & Hutter, ICLR 2019)
/// towards `anchor`: zero for fresh weights, for transferred ones what they were (L2-SP, Li et al., ICML
/// 2018), so that few rows do not wash out what many have taught.
class Adam {
 public:
  /// @param anchor  float32 [parameters]
  explicit Adam(at::Tensor anchor);

  /// One step of contiguous float32 [parameters], in place; each takes `learning_rate` x `weight_decay` of what it is off the anchor.
  void step(at::Tensor& values, at::Tensor const& gradients, double learning_rate, double weight_decay);

 private:
  at::Tensor anchor_, first_, second_;
  int steps_ = 0;
};

}  // namespace apq::train
