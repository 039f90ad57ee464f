#include "common/engine/onednn/squeeze_excite.hpp"

#include "common/engine/onednn/map_kernels.hpp"
#include "common/engine/onednn/value_bound.hpp"

namespace apq::engine::onednn {

SqueezeExcite::SqueezeExcite(std::span<CodedLayer const, 2> layers, std::int64_t batch, std::int64_t size)
    : batch_(batch),
      size_(size),
      layers_{layers[0], layers[1]},
      reduce_(compile(layers[0])),
      expand_(compile(layers[1])),
      gates_(static_cast<std::size_t>(batch * layers[1].out_channels)) {
  for (auto& layer : layers_) {
    layer.weights = {};
    layer.codes = {};
  }
}

void SqueezeExcite::require_bounded(double map) const {
  auto const sum_of_map = map * static_cast<double>(size_ * size_);  // its mean is taken first
  auto const hidden = onednn::require_bounded(layers_[0], layers_[0].epilogue({}, false), input_bound(layers_[0], sum_of_map)).output;
  onednn::require_bounded(layers_[1], layers_[1].epilogue({}, false), input_bound(layers_[1], hidden));
}

SqueezeExcite::Matrix SqueezeExcite::compile(CodedLayer const& layer) const {
  auto const values = static_cast<std::size_t>(batch_ * layer.in_channels);
  return {layer.convolution(layer.shape(batch_, 1), Number::f32, layer.epilogue({}, false)), layer.input, std::vector<float>(values),
          std::vector<std::uint8_t>(layer.input ? values : 0)};
}

void SqueezeExcite::Matrix::run(float* output) {
  if (!input) return convolution.run(floats.data(), output);
  quantise(floats.data(), floats.size(), *input, codes.data());
  convolution.run(codes.data(), output);
}

void SqueezeExcite::run(float* map, Observer const& observe) {
  auto const images = static_cast<std::size_t>(batch_), rows = static_cast<std::size_t>(size_ * size_), channels = gates_.size() / images;
  mean_over_map(map, images, rows, channels, reduce_.floats.data());
  if (observe) observe(0, reduce_.floats.data(), reduce_.convolution.shape().in_channels);
  reduce_.run(expand_.floats.data());
  if (observe) observe(1, expand_.floats.data(), expand_.convolution.shape().in_channels);
  expand_.run(gates_.data());
  multiply_by_gates(gates_.data(), images, rows, channels, map);
}

}  // namespace apq::engine::onednn
