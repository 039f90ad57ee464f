#pragma once

#include <ATen/core/Tensor.h>

#include "train/dense_layer.hpp"

namespace apq::train {

/// The inputs of a first layer on fixed rows. The layer trained is y = base + z W' + b in the coordinates z = B x - mean of a basis
/// (input_basis.hpp); the layer saved is the one on the one-hot x that gives the same, `initial` + W B.
struct InputLayer {
  at::Tensor basis;        ///< [coordinates, one-hot inputs]
  at::Tensor coordinates;  ///< [rows, coordinates], centred
  at::Tensor mean;         ///< [coordinates]
  at::Tensor initial;      ///< [hidden, one-hot inputs], what a transfer brought along; else zero
  at::Tensor base;         ///< [rows, hidden], the rows' outputs of `initial`

  /// @param one_hot  [rows, one-hot inputs]; all of one floating type.
  InputLayer(at::Tensor const& one_hot, at::Tensor const& basis, at::Tensor const& initial);

  std::int64_t size() const { return coordinates.size(1); }
  /// Standard deviation of fresh weights: He et al. (ICCV 2015), for the inputs at hand.
  double deviation() const;
  /// [hidden, one-hot inputs] and [hidden] of the saved layer.
  at::Tensor folded_weight(DenseLayer const& trained) const;
  at::Tensor folded_bias(DenseLayer const& trained) const;
};

}  // namespace apq::train
