#include "train/linear_part.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "common/core/error.hpp"

namespace apq::train {

LinearPart fit_linear_part(at::Tensor const& one_hot, at::Tensor const& basis, std::vector<double> const& labels) {
  auto const to_onehot = basis.to(at::kDouble).t();
  auto z = one_hot.to(at::kDouble).mm(to_onehot);
  auto const n = z.size(0);
  auto const mean = z.mean(0);
  z -= mean;
  auto y = at::empty({n}, at::kDouble);
  std::copy(labels.begin(), labels.end(), y.data_ptr<double>());
  double const label_mean = y.mean().item<double>();
  y -= label_mean;
  auto const [values, vectors] = at::linalg_eigh(z.t().mm(z));
  auto const spectrum = values.clamp_min(0);
  auto const projected = z.mm(vectors);          // [rows, coordinates]
  auto const correlation = projected.t().mv(y);  // [coordinates]
  double const norm = std::max(z.square().sum(1).mean().item<double>(), 1e-9);
  double least = std::numeric_limits<double>::infinity();
  at::Tensor best, errors;
  for (double exponent = -3.5; exponent <= 1.5; exponent += 0.25) {
    auto const damped = spectrum + std::pow(10.0, exponent) * norm;
    auto const coefficients = correlation / damped;
    auto const leverage = (projected.square() / damped).sum(1) + 1.0 / static_cast<double>(n);
    auto const left_out = (y - projected.mv(coefficients)) / (1 - leverage).clamp_min(1e-3);
    double const error = left_out.square().mean().item<double>();
    if (!(error < least)) continue;  // nor if it is not a number
    least = error;
    best = coefficients;
    errors = left_out.contiguous();
  }
  if (!best.defined()) throw Error(Errc::numeric, "train: the linear part has no finite error; are the accuracies finite?");
  auto const weight = vectors.mv(best);
  return {to_onehot.mv(weight), label_mean - mean.dot(weight).item<double>(), {errors.data_ptr<double>(), errors.data_ptr<double>() + n}};
}

}  // namespace apq::train
