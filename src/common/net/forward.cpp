#include "common/net/forward.hpp"

#include <ATen/ATen.h>

#include "common/net/quantiser.hpp"

namespace apq::net {
namespace {

double weight_range(LayerQuantisation const& q, at::Tensor const& weight) {
  return q.weight_range >= 0 ? q.weight_range : weight.detach().abs().max().item<double>();
}

at::Tensor quantised_weight(LayerQuantisation const& q, at::Tensor const& weight) {
  if (q.weight_bits <= 0) return weight;
  double const range = weight_range(q, weight);
  return range > 0 ? quantise_weight(weight, range, q.weight_bits) : weight;
}

at::Tensor quantised_input(LayerQuantisation const& q, at::Tensor const& x) {
  if (q.activation_bits <= 0) return x;
  // An all-zero tensor has range 0: it is exact without a quantiser (D-27 divides by zero here).
  if (!(q.activation_range > 0)) return at::zeros_like(x);
  return quantise_activation(x, q.activation_range, q.activation_bits, q.is_signed);
}

at::Tensor normalise(ConvUnit const& unit, at::Tensor const& x, std::size_t layer, ForwardOptions const& options) {
  auto const& norm = unit.norm;
  if (options.norm == NormMode::running)
    return at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, /*training=*/false, 0.0,
                          norm.epsilon, false);
  auto const [y, mean, inverse_deviation] =
      at::native_batch_norm(x, norm.weight, norm.bias, at::Tensor(), at::Tensor(), /*training=*/true, 0.0, norm.epsilon);
  if (options.on_statistics) options.on_statistics(layer, mean, inverse_deviation.pow(-2).sub_(norm.epsilon).clamp_min_(0));
  return y;
}

}  // namespace

at::Tensor forward(SubnetNet const& net, at::Tensor images, ForwardOptions const& options) {
  bool const quantise = options.quantise && net.is_quantised;
  bool const in_place = !at::GradMode::is_enabled();
  auto x = images.scalar_type() == at::kFloat ? images.contiguous(at::MemoryFormat::ChannelsLast) : images;
  std::size_t layer = 0;
  for (auto const& block : net.blocks) {
    auto const shortcut = x;
    for (auto const& unit : block.convs) {
      if (options.on_input) options.on_input(layer, x);
      auto const& input = quantise ? quantised_input(unit.quantisation, x) : x;
      auto const weight = quantise ? quantised_weight(unit.quantisation, unit.weight) : unit.weight;
      auto const padding = unit.weight.size(2) / 2;
      x = at::conv2d(input, weight, {}, unit.stride, padding, 1, unit.groups);
      x = normalise(unit, x, layer, options);
      if (unit.has_relu6) x = in_place ? x.clamp_(0, 6) : at::hardtanh(x, 0, 6);
      ++layer;
    }
    if (block.has_shortcut) x = in_place ? x.add_(shortcut) : x + shortcut;
  }
  x = x.mean({2, 3});
  if (options.on_input) options.on_input(layer, x);
  if (quantise) x = quantised_input(net.classifier_quantisation, x);
  auto const weight = quantise ? quantised_weight(net.classifier_quantisation, net.classifier_weight) : net.classifier_weight;
  return at::linear(x, weight, net.classifier_bias);
}

void freeze_weights(SubnetNet& net) {
  at::NoGradGuard const no_grad;
  auto freeze = [](at::Tensor& weight, LayerQuantisation& q) {
    weight = quantised_weight(q, weight);
    q.weight_bits = 0;
  };
  for (auto& block : net.blocks)
    for (auto& unit : block.convs) freeze(unit.weight, unit.quantisation);
  freeze(net.classifier_weight, net.classifier_quantisation);
}

}  // namespace apq::net
