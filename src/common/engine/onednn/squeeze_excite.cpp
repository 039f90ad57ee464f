#include "common/engine/onednn/squeeze_excite.hpp"

#include "common/engine/onednn/map_kernels.hpp"

namespace apq::engine::onednn {

SqueezeExcite::SqueezeExcite(std::span<CodedLayer const, 2> layers, std::int64_t batch, std::int64_t size)
    : batch_(batch),
      size_(size),
      reduce_(compile(layers[0])),
      expand_(compile(layers[1])),
      gates_(static_cast<std::size_t>(batch * layers[1].out_channels)) {}

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
