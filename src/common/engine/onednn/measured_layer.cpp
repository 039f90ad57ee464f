#include "common/engine/onednn/measured_layer.hpp"

#include <algorithm>
#include <cmath>

#include "common/engine/onednn/value_bound.hpp"

namespace apq::engine::onednn {

void MeasuredLayer::set_norm(std::vector<double> const& mean, std::vector<double> const& variance, std::int64_t images) {
  fused.reset();
  auto const* const weight = norm_weight.data_ptr<float>();
  auto const* const bias = norm_bias.data_ptr<float>();
  // No value is further from its mean than the root of all squared distances.
  double const most_deviations = std::sqrt(static_cast<double>(out_rows(images)));
  output_bound = 0;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    double const scale = weight[c] / std::sqrt(variance[c] + epsilon);
    coded.norm_scales[c] = scale;
    coded.norm_shifts[c] = bias[c] - mean[c] * scale;
    output_bound = std::max(output_bound, std::abs(weight[c]) * most_deviations + std::abs(bias[c]));
  }
  to_floats = coded.epilogue({}, false);
  require_finite_norm(coded, to_floats);
  if (writes_codes()) {
    to_codes = coded.epilogue(next, false);
    require_finite_norm(coded, to_codes);
  }
  output_bound = clipped_bound(to_floats, output_bound);
}

void MeasuredLayer::fuse(double input) {
  bool const to_integers = coded.input && writes_codes();
  auto const& epilogue = to_integers ? to_codes : to_floats;
  require_bounded(coded, epilogue, input);
  fused.emplace(coded.convolution(shape(), to_integers ? next->number() : Number::f32, epilogue));
}

at::Tensor widening_matrix(CodedLayer const& layer) {
  if (layer.kernel != 1 || layer.stride != 1 || layer.groups != 1 || layer.out_channels <= layer.in_channels) return {};
  auto matrix = at::empty({layer.out_channels, layer.in_channels}, at::kDouble);
  if (layer.input) std::copy(layer.codes.begin(), layer.codes.end(), matrix.data_ptr<double>());
  else std::copy(layer.weights.begin(), layer.weights.end(), matrix.data_ptr<double>());
  return matrix;
}

}  // namespace apq::engine::onednn
