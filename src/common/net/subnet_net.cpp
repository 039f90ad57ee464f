#include "common/net/subnet_net.hpp"

#include <ATen/ATen.h>

#include "common/net/parameter_names.hpp"

namespace apq::net {
namespace {

using space::has_sign;

// First conv, first block, feature mix, classifier (spec A2); also what MobileNetV3 has beside them: squeeze-excite, final expansion.
constexpr int fixed_bits = 8;

class Slicer {
 public:
  Slicer(Supernet const& supernet)
      : weights_(supernet.weights),
        epsilon_(supernet.space.bn_epsilon),
        crops_only_(supernet.space.kernel_transform == space::KernelTransform::crop) {}

  at::Tensor const& at(std::string const& name) const { return weights_.at(name); }

  BatchNorm norm(std::string const& name, std::int64_t channels) const {
    auto part = [&](char const* key) { return at(name + key).slice(0, 0, channels); };
    return {part(".weight"), part(".bias"), part(".running_mean").detach().clone(), part(".running_var").detach().clone(), epsilon_};
  }

  // Learned: y = x W^T over the flattened filter (spec A4); one matrix per step of the kernel list, shared by all channels.
  at::Tensor depthwise_filter(int i, std::vector<int> const& kernels, std::int64_t channels, int kernel) const {
    auto filter = at(parameter_names::depthwise(i) + ".conv.conv.weight").slice(0, 0, channels);
    if (crops_only_) {
      std::int64_t const margin = (kernels.back() - kernel) / 2;
      return filter.slice(2, margin, margin + kernel).slice(3, margin, margin + kernel);
    }
    for (std::size_t k = kernels.size(); k-- > 1 && kernels[k] != kernel;) {
      std::int64_t const from = kernels[k];
      std::int64_t const to = kernels[k - 1];
      std::int64_t const margin = (from - to) / 2;
      auto const cropped = filter.slice(2, margin, margin + to).slice(3, margin, margin + to);
      auto const matrix = at(parameter_names::kernel_matrix(i, kernels[k], kernels[k - 1]));
      filter = at::matmul(cropped.reshape({channels, to * to}), matrix.t()).reshape({channels, 1, to, to});
    }
    return filter;
  }

  SqueezeExciteUnit squeeze_excite(int i, std::int64_t channels, std::int64_t squeezed) const {
    auto dense = [&](std::string const& name, std::int64_t out, std::int64_t in) {
      return DenseUnit{.name = name,
                       .weight = at(name + ".weight").slice(0, 0, out).slice(1, 0, in).reshape({out, in}),
                       .bias = at(name + ".bias").slice(0, 0, out),
                       .quantisation = {}};
    };
    auto const unit = parameter_names::squeeze_excite(i);
    return {dense(unit + ".reduce", squeezed, channels), dense(unit + ".expand", channels, squeezed)};
  }

 private:
  checkpoint::StateDict const& weights_;
  double epsilon_;
  bool crops_only_;
};

// Convolutions, depthwise ones above all, are several times faster channels-last in float32; float64 has no such kernels.
// A clone, because `contiguous` keeps the strides of a [C, 1, k, k] filter, and those do not say channels-last.
at::Tensor laid_out(at::Tensor const& weight) {
  return weight.scalar_type() == at::kFloat ? weight.clone(at::MemoryFormat::ChannelsLast) : weight;
}

LayerQuantisation quantisation(int weight_bits, int activation_bits, bool is_signed) {
  return {.weight_bits = weight_bits, .activation_bits = is_signed ? activation_bits - 1 : activation_bits, .is_signed = is_signed};
}
LayerQuantisation fixed_quantisation(bool is_signed) { return quantisation(fixed_bits, fixed_bits, is_signed); }

}  // namespace

std::vector<LayerRef> layers_of(SubnetNet& net) {
  std::vector<LayerRef> layers;
  for (auto& block : net.blocks)
    for (auto& unit : block.convs) {
      layers.push_back({unit.name, &unit.weight, &unit.quantisation, unit.norm ? &*unit.norm : nullptr});
      if (!unit.squeeze_excite) continue;
      for (auto* dense : {&unit.squeeze_excite->reduce, &unit.squeeze_excite->expand})
        layers.push_back({dense->name, &dense->weight, &dense->quantisation, nullptr});
    }
  layers.push_back({parameter_names::classifier, &net.classifier_weight, &net.classifier_quantisation, nullptr});
  return layers;
}

SubnetNet slice(Supernet const& supernet, space::Subnet const& subnet, Fidelity const& fidelity) {
  auto const& space = supernet.space;
  Slicer const slicer(supernet);
  SubnetNet net;
  net.is_quantised = subnet.bits.has_value();

  std::string const stem = parameter_names::stem;
  ConvUnit stem_unit{.name = stem + ".conv",
                     .weight = slicer.at(stem + ".conv.weight"),
                     .stride = space.stem_stride,
                     .norm = slicer.norm(stem + ".bn", space.stem_width),
                     .activation = space.stem_activation};
  std::string const first = parameter_names::first_block;
  ConvUnit first_depthwise{.name = first + ".depth_conv.conv",
                           .weight = slicer.at(first + ".depth_conv.conv.weight"),
                           .groups = space.stem_width,
                           .norm = slicer.norm(first + ".depth_conv.bn", space.stem_width),
                           .activation = space.first_block_activation};
  ConvUnit first_project{.name = first + ".point_linear.conv",
                         .weight = slicer.at(first + ".point_linear.conv.weight"),
                         .norm = slicer.norm(first + ".point_linear.bn", space.first_block_width),
                         .activation = std::nullopt};
  if (net.is_quantised) {
    stem_unit.quantisation = {.weight_bits = fixed_bits};  // the image itself is not quantised
    first_depthwise.quantisation = fixed_quantisation(has_sign(space.stem_activation));
    first_project.quantisation = fixed_quantisation(has_sign(space.first_block_activation));
  }
  net.blocks.push_back({{stem_unit}});
  net.blocks.push_back({{first_depthwise, first_project}, space.first_block_shortcut});

  for (int i = 0; i < space.num_blocks(); ++i) {
    auto const b = static_cast<std::size_t>(i);
    auto const& block = space.blocks[b];
    auto const& stage = space.stages[static_cast<std::size_t>(block.stage)];
    if (block.position >= subnet.depths[static_cast<std::size_t>(block.stage)]) continue;
    int const middle = subnet.middle_channels[b];
    ConvUnit expand{.name = parameter_names::expand(i) + ".conv",
                    .weight = slicer.at(parameter_names::expand(i) + ".conv.conv.weight").slice(0, 0, middle),
                    .norm = slicer.norm(parameter_names::expand(i) + ".bn.bn", middle),
                    .activation = stage.activation};
    ConvUnit depthwise{.name = parameter_names::depthwise(i) + ".conv",
                       .weight = slicer.depthwise_filter(i, block.kernels, middle, subnet.kernels[b]),
                       .stride = block.stride,
                       .groups = middle,
                       .norm = slicer.norm(parameter_names::depthwise(i) + ".bn.bn", middle),
                       .activation = stage.activation};
    if (stage.squeeze_excite)
      depthwise.squeeze_excite = slicer.squeeze_excite(i, middle, space::squeezed_channels(middle, space.channel_divisor));
    ConvUnit project{.name = parameter_names::project(i) + ".conv",
                     .weight = slicer.at(parameter_names::project(i) + ".conv.conv.weight").slice(1, 0, middle),
                     .norm = slicer.norm(parameter_names::project(i) + ".bn.bn", block.out_channels),
                     .activation = std::nullopt};
    if (net.is_quantised) {
      auto bits = [&](space::Role role) { return (*subnet.bits)[static_cast<std::size_t>(role)][b]; };
      using space::Role;
      bool const is_signed = has_sign(stage.activation);  // the gate of a squeeze-excite, in [0, 1], keeps it
      expand.quantisation = quantisation(bits(Role::pw_w), bits(Role::pw_a), true);
      depthwise.quantisation = quantisation(bits(Role::dw_w), bits(Role::dw_a), is_signed);
      project.quantisation = quantisation(bits(Role::pw_w), bits(Role::pw_a), is_signed);
      if (depthwise.squeeze_excite) {
        depthwise.squeeze_excite->reduce.quantisation = fixed_quantisation(is_signed);
        depthwise.squeeze_excite->expand.quantisation = fixed_quantisation(false);
      }
    }
    net.blocks.push_back({{expand, depthwise, project}, block.has_shortcut()});
  }

  bool const has_final_expand = space.final_expand_width > 0;
  if (has_final_expand) {
    std::string const last = parameter_names::final_expand;
    ConvUnit unit{.name = last + ".conv",
                  .weight = slicer.at(last + ".conv.weight"),
                  .norm = slicer.norm(last + ".bn", space.final_expand_width),
                  .activation = space.head_activation};
    if (net.is_quantised) unit.quantisation = fixed_quantisation(true);
    net.blocks.push_back({{unit}});
  }
  if (space.has_feature_mix()) {
    std::string const mix = parameter_names::feature_mix;
    ConvUnit mix_unit{.name = mix + ".conv", .weight = slicer.at(mix + ".conv.weight"), .activation = space.head_activation};
    if (!has_final_expand) mix_unit.norm = slicer.norm(mix + ".bn", space.feature_mix_width);
    if (net.is_quantised) {
      mix_unit.quantisation = fixed_quantisation(!has_final_expand || has_sign(space.head_activation));
      if (fidelity.feature_mix_loses_a_bit && !has_final_expand) --mix_unit.quantisation.activation_bits;
    }
    net.blocks.push_back({{mix_unit}, false, has_final_expand});
  }
  std::string const classifier = parameter_names::classifier;
  net.classifier_weight = slicer.at(classifier + ".weight");
  net.classifier_bias = slicer.at(classifier + ".bias");
  // Without a feature mix the classifier sees a linear bottleneck's output, which has a sign.
  if (net.is_quantised) net.classifier_quantisation = fixed_quantisation(!space.has_feature_mix() || has_sign(space.head_activation));
  for (auto& block : net.blocks)
    for (auto& unit : block.convs) unit.weight = laid_out(unit.weight);
  return net;
}

}  // namespace apq::net
