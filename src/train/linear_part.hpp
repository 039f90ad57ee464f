#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace apq::train {

/// A linear function of one-hot inputs, and how far off it is on each training row when
/// fitted without that row.
struct LinearPart {
  at::Tensor weight;  ///< float64 [one-hot inputs]
  double bias = 0;
  std::vector<double> left_out_errors;  ///< [rows], label minus prediction
};

/// Ridge regression in the coordinates of the basis; the penalty is the one with the least left-out error (PRESS,
/// Allen, Technometrics 16(1), 1974), for which no refit is needed.
/// @param one_hot  [rows, one-hot inputs], at least 1 row
/// @param basis    [coordinates, one-hot inputs]
/// @param labels   [rows]
/// @throws Error(numeric) when labels are not finite.
LinearPart fit_linear_part(at::Tensor const& one_hot, at::Tensor const& basis, std::vector<double> const& labels);

}  // namespace apq::train
