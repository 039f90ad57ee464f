#include "train/dense_layer.hpp"

#include <ATen/ATen.h>

namespace apq::train {

at::Tensor DenseLayer::forward(at::Tensor const& x) const { return at::addmm(bias, x, weight.t()); }

void DenseLayer::backward(at::Tensor const& dy, at::Tensor const& x) {
  at::mm_out(weight_gradient, dy.t(), x);
  at::sum_out(bias_gradient, dy, 0);
}

at::Tensor DenseLayer::input_gradient(at::Tensor const& dy) const { return dy.mm(weight); }

at::Tensor relu_gradient(at::Tensor const& dy, at::Tensor const& y) { return dy * (y > 0); }

}  // namespace apq::train
