#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "train/dense_layer.hpp"

namespace apq::train {

/// The parameters of a network in one buffer and their gradients in another, so that the optimiser is one pass over them.
class ParameterBuffer {
 public:
  /// Reserves room for a layer that starts as given; layers lie in the order they are added in.
  void add(DenseLayer& layer, at::Tensor const& weight, at::Tensor const& bias);
  /// Fills the buffers and seats the layers' tensors on them. The layers must still be where they were when they were added.
  void seat();

  at::Tensor values, gradients;  ///< [parameters], in the type of the first tensor added

 private:
  struct Entry {
    at::Tensor initial, *value, *gradient;
  };
  std::vector<Entry> entries_;
};

}  // namespace apq::train
