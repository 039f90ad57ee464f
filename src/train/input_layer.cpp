#include "train/input_layer.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace apq::train {

InputLayer::InputLayer(at::Tensor const& one_hot, at::Tensor const& the_basis, at::Tensor const& the_initial)
    : basis(the_basis),
      coordinates(one_hot.mm(the_basis.t())),
      mean(coordinates.mean(0)),
      initial(the_initial),
      base(one_hot.mm(the_initial.t())) {
  coordinates -= mean;
}

double InputLayer::deviation() const {
  double const norm = coordinates.square().sum(1).mean().item<double>();
  return std::sqrt(2 / std::max(norm, 1e-6));
}

at::Tensor InputLayer::folded_weight(DenseLayer const& trained) const { return initial + trained.weight.mm(basis); }
at::Tensor InputLayer::folded_bias(DenseLayer const& trained) const { return trained.bias - trained.weight.mv(mean); }

}  // namespace apq::train
