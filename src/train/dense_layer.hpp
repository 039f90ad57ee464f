#pragma once

#include <ATen/core/Tensor.h>

namespace apq::train {

/// y = x weight' + bias, and the gradients of a loss in its parameters. All tensors are of one floating type.
struct DenseLayer {
  at::Tensor weight, bias;                    ///< [outputs, inputs], [outputs]
  at::Tensor weight_gradient, bias_gradient;  ///< shaped likewise, written by backward()

  at::Tensor forward(at::Tensor const& x) const;  ///< [rows, inputs] -> [rows, outputs]
  /// @param dy  [rows, outputs], the loss's gradient in y; x is what forward() was given.
  void backward(at::Tensor const& dy, at::Tensor const& x);
  /// [rows, inputs], the loss's gradient in x.
  at::Tensor input_gradient(at::Tensor const& dy) const;
};

/// The gradient before a ReLU from the one behind it, `dy`, and what it gave, `y`: zero where it cut.
at::Tensor relu_gradient(at::Tensor const& dy, at::Tensor const& y);

}  // namespace apq::train
