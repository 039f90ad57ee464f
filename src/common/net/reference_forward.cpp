#include "common/net/reference_forward.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/version.h>

#include "common/net/activation.hpp"
#include "common/net/quantiser.hpp"

namespace apq::net {
namespace {

at::Tensor quantised_weight(LayerQuantisation const& q, at::Tensor const& weight) {
  if (q.weight_bits <= 0) return weight;
  return quantise_weight(weight, q.weight_ranges.empty() ? largest_weights(weight, WeightScales::per_tensor) : q.weight_ranges,
                         q.weight_bits);
}

at::Tensor quantised_input(LayerQuantisation const& q, at::Tensor const& x) {
  if (q.activation_bits <= 0) return x;
  // An all-zero tensor has range 0: it is exact without a quantiser (D-27 divides by zero here).
  if (!(q.activation_range > 0)) return at::zeros_like(x);
  return quantise_activation(x, q.activation_range, q.activation_bits, q.is_signed);
}

// LibTorch runs a float64 depthwise convolution group by group; k x k shifted products are tens of times faster.
at::Tensor depthwise_by_shifts(at::Tensor const& x, at::Tensor const& weight, std::int64_t stride) {
  auto const k = weight.size(2);
  auto const padded = at::constant_pad_nd(x, {k / 2, k / 2, k / 2, k / 2});
  auto const height = (x.size(2) - 1) / stride + 1;
  auto const width = (x.size(3) - 1) / stride + 1;
  auto y = at::zeros({x.size(0), x.size(1), height, width}, x.options());
  for (std::int64_t i = 0; i < k; ++i)
    for (std::int64_t j = 0; j < k; ++j) {
      auto const shifted = padded.slice(2, i, i + (height - 1) * stride + 1, stride).slice(3, j, j + (width - 1) * stride + 1, stride);
      auto const tap = weight.select(2, i).select(2, j).reshape({1, -1, 1, 1});
      y = at::GradMode::is_enabled() ? y.addcmul(shifted, tap) : y.addcmul_(shifted, tap);
    }
  return y;
}

c10::optional<at::Tensor> bias_of(ConvUnit const& unit) { return unit.bias.defined() ? c10::make_optional(unit.bias) : c10::nullopt; }

at::Tensor convolve(ConvUnit const& unit, at::Tensor const& x, at::Tensor const& weight) {
  bool const is_depthwise = unit.groups > 1 && unit.groups == x.size(1) && weight.size(1) == 1;
  if (is_depthwise && x.scalar_type() == at::kDouble) {
    auto const y = depthwise_by_shifts(x, weight, unit.stride);
    return unit.bias.defined() ? y + unit.bias.view({1, -1, 1, 1}) : y;
  }
#if TORCH_VERSION_MAJOR >= 2
  // oneDNN 3.7, which LibTorch calls, gives wrong 1x1 convolutions on channels-last maps where its blocks of 32 to 64 output
  // channels are not full (36, 40, 72, 80, ...): a matrix product over the channels is the same thing.
  if (x.scalar_type() == at::kFloat && weight.size(2) == 1 && unit.stride == 1 && unit.groups == 1 && x.device().is_cpu())
    return at::linear(x.permute({0, 2, 3, 1}), weight.flatten(1), bias_of(unit)).permute({0, 3, 1, 2});
#endif
  return at::conv2d(x, weight, bias_of(unit), unit.stride, weight.size(2) / 2, 1, unit.groups);
}

at::Tensor normalise(BatchNorm const& norm, at::Tensor const& x, std::size_t layer, ForwardOptions const& options) {
  if (options.norm == NormMode::running)
    return at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, /*training=*/false, 0.0, norm.epsilon, false);
  auto const [y, mean, inverse_deviation] =
      at::native_batch_norm(x, norm.weight, norm.bias, at::Tensor(), at::Tensor(), /*training=*/true, 0.0, norm.epsilon);
  if (options.on_statistics) options.on_statistics(layer, mean, inverse_deviation.pow(-2).sub_(norm.epsilon).clamp_min_(0));
  return y;
}

// One forward pass: what its layers share.
class Pass {
 public:
  Pass(ForwardOptions const& options, bool quantise) : options_(options), quantise_(quantise), in_place_(!at::GradMode::is_enabled()) {}

  at::Tensor conv(ConvUnit const& unit, at::Tensor const& x) {
    auto const layer = next(x);
    auto y = convolve(unit, input(unit.quantisation, x), weight(unit.quantisation, unit.weight));
    if (unit.norm) y = normalise(*unit.norm, y, layer, options_);
    if (unit.activation) y = activated(*unit.activation, y, in_place_);
    if (unit.squeeze_excite) {
      auto const gate = gate_of(*unit.squeeze_excite, y);
      y = in_place_ ? y.mul_(gate) : y * gate;
    }
    return y;
  }

  at::Tensor dense(at::Tensor const& matrix, at::Tensor const& bias, LayerQuantisation const& quantisation, at::Tensor const& x) {
    next(x);
    return at::linear(input(quantisation, x), weight(quantisation, matrix), bias);
  }

  at::Tensor sum(at::Tensor x, at::Tensor const& shortcut) const { return in_place_ ? x.add_(shortcut) : x + shortcut; }

 private:
  std::size_t next(at::Tensor const& x) {
    if (options_.on_input) options_.on_input(layer_, x);
    return layer_++;
  }
  at::Tensor input(LayerQuantisation const& q, at::Tensor const& x) const { return quantise_ ? quantised_input(q, x) : x; }
  at::Tensor weight(LayerQuantisation const& q, at::Tensor const& w) const { return quantise_ ? quantised_weight(q, w) : w; }

  // In [0, 1], [batch, channels, 1, 1].
  at::Tensor gate_of(SqueezeExciteUnit const& unit, at::Tensor const& x) {
    auto const& [reduce, expand] = unit;
    auto sums = dense(reduce.weight, reduce.bias, reduce.quantisation, x.mean({2, 3}));
    auto const hidden = activated(space::squeeze_excite_hidden, sums, in_place_);
    auto const gate = at::hardsigmoid(dense(expand.weight, expand.bias, expand.quantisation, hidden));
    return gate.unsqueeze(2).unsqueeze(3);
  }

  ForwardOptions const& options_;
  bool quantise_, in_place_;
  std::size_t layer_ = 0;
};

}  // namespace

at::Tensor reference_forward(SubnetNet const& net, at::Tensor images, ForwardOptions const& options) {
  Pass pass(options, options.quantise && net.is_quantised);
  auto x = images.scalar_type() == at::kFloat ? images.contiguous(at::MemoryFormat::ChannelsLast) : images;
  for (auto const& block : net.blocks) {
    if (block.is_after_pooling) x = x.mean({2, 3}, /*keepdim=*/true);
    auto const shortcut = x;
    for (auto const& unit : block.convs) x = pass.conv(unit, x);
    if (block.has_shortcut) x = pass.sum(x, shortcut);
  }
  return pass.dense(net.classifier_weight, net.classifier_bias, net.classifier_quantisation, x.mean({2, 3}));
}

void freeze_weights(SubnetNet& net) {
  at::NoGradGuard const no_grad;
  for (auto const& layer : layers_of(net)) {
    *layer.weight = quantised_weight(*layer.quantisation, *layer.weight);
    layer.quantisation->weight_bits = 0;
  }
}

void fold_norms(SubnetNet& net) {
  at::NoGradGuard const no_grad;
  for (auto& block : net.blocks)
    for (auto& unit : block.convs) {
      if (!unit.norm) continue;
      auto const scale = unit.norm->weight / (unit.norm->running_var + unit.norm->epsilon).sqrt();
      unit.weight = unit.weight * scale.view({-1, 1, 1, 1});
      unit.bias = unit.norm->bias - unit.norm->running_mean * scale;
      unit.norm.reset();
    }
}

}  // namespace apq::net
