#include "common/engine/onednn/coded_layer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/error.hpp"
#include "common/net/parameter_names.hpp"
#include "common/net/quantiser.hpp"

namespace apq::engine::onednn {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

std::vector<float> values_of(at::Tensor const& tensor) {
  auto const flat = tensor.detach().to(at::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

template <class T>
std::vector<double> absolute_sums(std::vector<T> const& weights, std::int64_t channels) {
  auto const per_channel = weights.size() / static_cast<std::size_t>(channels);
  std::vector<double> sums;
  for (auto const* w = weights.data(); w != weights.data() + weights.size(); w += per_channel)
    sums.push_back(std::transform_reduce(w, w + per_channel, 0.0, std::plus<>(), [](T v) { return std::abs(static_cast<double>(v)); }));
  return sums;
}

void code_weights(CodedLayer& layer, at::Tensor const& weight, net::LayerQuantisation const& q, bool quantise) {
  at::NoGradGuard const no_grad;
  auto const keep = [&](at::Tensor const& values) {
    layer.weights = values_of(values);
    layer.absolute_sums = absolute_sums(layer.weights, layer.out_channels);
  };
  if (!quantise || q.weight_bits <= 0) return keep(weight);
  auto const ranges = q.weight_ranges.empty() ? net::largest_weights(weight, net::WeightScales::per_tensor) : q.weight_ranges;
  if (q.activation_bits <= 0) return keep(net::quantise_weight(weight.detach(), ranges, q.weight_bits));
  auto const codes = net::weight_codes(weight.contiguous(), ranges, q.weight_bits).to(at::kChar).contiguous();
  layer.codes.assign(codes.data_ptr<std::int8_t>(), codes.data_ptr<std::int8_t>() + codes.numel());
  layer.absolute_sums = absolute_sums(layer.codes, layer.out_channels);
  layer.weight_steps = net::weight_steps(ranges, q.weight_bits);
  layer.input = InputCode{q.is_signed, static_cast<float>(q.activation_range), (1 << q.activation_bits) - 1};
}

// What the compiled forms of a network take for granted.
void require_known_form(net::SubnetNet const& net) {
  for (auto const& block : net.blocks)
    for (auto const& unit : block.convs) {
      bool const is_before_sum = block.has_shortcut && &unit == &block.convs.back();
      if (unit.norm.has_value() == block.is_after_pooling || (unit.norm && unit.bias.defined()) ||
          (is_before_sum && (unit.activation || unit.squeeze_excite)))
        throw Error(Errc::config,
                    fmt::format("evaluator.engine: onednn knows no network with a layer like {} at its place (norms before the pooling and "
                                "none behind it, nothing between the last one of a block and its shortcut); use reference",
                                unit.name));
    }
}

}  // namespace

Convolution CodedLayer::convolution(ConvolutionShape const& shape, Number destination, Epilogue const& epilogue) const {
  if (input) return {shape, input->number(), destination, std::span(codes), epilogue};
  return {shape, Number::f32, destination, std::span(weights), epilogue};
}

Epilogue CodedLayer::epilogue(std::optional<InputCode> const& written_as, bool adds) const {
  Epilogue epilogue;
  epilogue.adds_to_destination = adds;
  auto const* const kind = activation ? &space::kind_of(*activation) : nullptr;
  bool const clips = kind != nullptr && kind->is_clip;
  if (kind != nullptr && !clips) epilogue.curve = *activation;
  double const unit = written_as ? 1.0 / static_cast<double>(written_as->step()) : 1.0;
  double const unit_of_sums = epilogue.curve ? 1.0 : unit;
  for (std::size_t c = 0; c < norm_scales.size(); ++c) {
    epilogue.scales.push_back(static_cast<float>(norm_scales[c] * product_step(c) * unit_of_sums));
    epilogue.shifts.push_back(static_cast<float>(norm_shifts[c] * unit_of_sums));
  }
  if (epilogue.curve) epilogue.unit = static_cast<float>(unit);
  float lowest = clips ? static_cast<float>(kind->lowest * unit) : -infinity;
  float highest = clips ? static_cast<float>(kind->highest * unit) : infinity;
  if (written_as) {
    lowest = std::max(lowest, written_as->is_signed ? -static_cast<float>(written_as->levels) : 0.0F);
    highest = std::min(highest, static_cast<float>(written_as->levels));
  }
  if (lowest > -infinity || highest < infinity) {
    epilogue.lowest = lowest;
    epilogue.highest = highest;
  }
  return epilogue;
}

CodedLayer coded(net::ConvUnit const& unit, bool quantise) {
  CodedLayer layer{.name = unit.name};
  layer.out_channels = unit.weight.size(0);
  code_weights(layer, unit.weight, unit.quantisation, quantise);
  layer.in_channels = unit.weight.size(1) * unit.groups;
  layer.kernel = unit.weight.size(2);
  layer.stride = unit.stride;
  layer.groups = unit.groups;
  layer.activation = unit.activation;
  if (!unit.norm) {
    layer.norm_scales.assign(static_cast<std::size_t>(layer.out_channels), 1.0);
    auto const shifts = unit.bias.defined() ? values_of(unit.bias) : std::vector<float>(static_cast<std::size_t>(layer.out_channels));
    layer.norm_shifts.assign(shifts.begin(), shifts.end());
    return layer;
  }
  auto const weight = values_of(unit.norm->weight), bias = values_of(unit.norm->bias);
  auto const mean = values_of(unit.norm->running_mean), variance = values_of(unit.norm->running_var);
  for (std::size_t c = 0; c < weight.size(); ++c) {
    double const scale = weight[c] / std::sqrt(static_cast<double>(variance[c]) + unit.norm->epsilon);
    layer.norm_scales.push_back(scale);
    layer.norm_shifts.push_back(bias[c] - mean[c] * scale);
  }
  return layer;
}

CodedLayer coded_dense(std::string name, at::Tensor const& weight, at::Tensor const& bias, net::LayerQuantisation const& quantisation,
                       bool quantise, std::optional<space::Activation> activation) {
  CodedLayer layer{.name = std::move(name)};
  layer.out_channels = weight.size(0);
  code_weights(layer, weight, quantisation, quantise);
  layer.is_dense = true;
  layer.activation = activation;
  layer.in_channels = weight.size(1);
  layer.kernel = layer.stride = layer.groups = 1;
  layer.norm_scales.assign(static_cast<std::size_t>(layer.out_channels), 1.0);
  for (float const shift : values_of(bias)) layer.norm_shifts.push_back(shift);
  return layer;
}

std::vector<CodedLayer> coded_layers(net::SubnetNet const& net, bool quantise) {
  require_known_form(net);
  std::vector<CodedLayer> layers;
  for (auto const& block : net.blocks)
    for (auto const& unit : block.convs) {
      layers.push_back(coded(unit, quantise));
      if (!unit.squeeze_excite) continue;
      auto const& [reduce, expand] = *unit.squeeze_excite;
      layers.push_back(coded_dense(reduce.name, reduce.weight, reduce.bias, reduce.quantisation, quantise, space::squeeze_excite_hidden));
      layers.push_back(coded_dense(expand.name, expand.weight, expand.bias, expand.quantisation, quantise));
    }
  layers.push_back(
      coded_dense(net::parameter_names::classifier, net.classifier_weight, net.classifier_bias, net.classifier_quantisation, quantise));
  return layers;
}

}  // namespace apq::engine::onednn
