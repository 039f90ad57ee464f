#include "common/net/subnet_net.hpp"

#include <ATen/ATen.h>

#include "common/net/names.hpp"

namespace apq::net {
namespace {

constexpr int fixed_bits = 8;  // first conv, first block, feature mix, classifier (spec A2)

class Slicer {
 public:
  Slicer(Supernet const& supernet)
      : weights_(supernet.weights),
        epsilon_(supernet.space.bn_epsilon),
        crops_only_(supernet.space.kernel_transform == space::KernelTransform::crop) {}

  at::Tensor const& at(std::string const& name) const { return weights_.at(name); }

  BatchNorm norm(std::string const& name, std::int64_t channels) const {
    auto part = [&](char const* key) { return at(name + key).slice(0, 0, channels); };
    return {part(".weight"), part(".bias"), part(".running_mean").detach().clone(),
            part(".running_var").detach().clone(), epsilon_};
  }

  // Learned: y = x W^T over the flattened filter (spec A4); one matrix per step of the kernel list, shared by all channels.
  at::Tensor depthwise_filter(int i, std::vector<int> const& kernels, std::int64_t channels, int kernel) const {
    auto filter = at(names::depthwise(i) + ".conv.conv.weight").slice(0, 0, channels);
    if (crops_only_) {
      std::int64_t const margin = (kernels.back() - kernel) / 2;
      return filter.slice(2, margin, margin + kernel).slice(3, margin, margin + kernel);
    }
    for (std::size_t k = kernels.size(); k-- > 1 && kernels[k] != kernel;) {
      std::int64_t const from = kernels[k];
      std::int64_t const to = kernels[k - 1];
      std::int64_t const margin = (from - to) / 2;
      auto const cropped = filter.slice(2, margin, margin + to).slice(3, margin, margin + to);
      auto const matrix = at(names::kernel_matrix(i, kernels[k], kernels[k - 1]));
      filter = at::matmul(cropped.reshape({channels, to * to}), matrix.t()).reshape({channels, 1, to, to});
    }
    return filter;
  }

 private:
  StateDict const& weights_;
  double epsilon_;
  bool crops_only_;
};

// Convolutions, depthwise ones above all, are several times faster channels-last in float32; float64 has no such kernels.
// A clone, because `contiguous` keeps the strides of a [C, 1, k, k] filter, and those do not say channels-last.
at::Tensor laid_out(at::Tensor const& weight) {
  return weight.scalar_type() == at::kFloat ? weight.clone(at::MemoryFormat::ChannelsLast) : weight;
}

LayerQuantisation quantisation(int weight_bits, int activation_bits, bool is_signed) {
  return {.weight_bits = weight_bits, .activation_bits = is_signed ? activation_bits - 1 : activation_bits,
          .is_signed = is_signed};
}

}  // namespace

SubnetNet slice(Supernet const& supernet, space::Subnet const& subnet, Fidelity const& fidelity) {
  auto const& space = supernet.space;
  Slicer const slicer(supernet);
  SubnetNet net;
  net.is_quantised = subnet.bits.has_value();

  std::string const stem = names::stem;
  ConvUnit stem_unit{.name = stem + ".conv", .weight = slicer.at(stem + ".conv.weight"), .stride = space.stem_stride,
                     .norm = slicer.norm(stem + ".bn", space.stem_width)};
  std::string const first = names::first_block;
  ConvUnit first_depthwise{.name = first + ".depth_conv.conv", .weight = slicer.at(first + ".depth_conv.conv.weight"),
                           .groups = space.stem_width, .norm = slicer.norm(first + ".depth_conv.bn", space.stem_width)};
  ConvUnit first_project{.name = first + ".point_linear.conv", .weight = slicer.at(first + ".point_linear.conv.weight"),
                         .norm = slicer.norm(first + ".point_linear.bn", space.first_block_width), .has_relu6 = false};
  if (net.is_quantised) {
    stem_unit.quantisation = {.weight_bits = fixed_bits};  // the image itself is not quantised
    first_depthwise.quantisation = quantisation(fixed_bits, fixed_bits, false);
    first_project.quantisation = quantisation(fixed_bits, fixed_bits, false);
  }
  net.blocks.push_back({{stem_unit}, false});
  net.blocks.push_back({{first_depthwise, first_project}, false});

  for (int i = 0; i < space.num_blocks(); ++i) {
    auto const b = static_cast<std::size_t>(i);
    auto const& block = space.blocks[b];
    if (block.position >= subnet.depths[static_cast<std::size_t>(block.stage)]) continue;
    std::int64_t const middle = subnet.middle_channels[b];
    ConvUnit expand{.name = names::expand(i) + ".conv",
                    .weight = slicer.at(names::expand(i) + ".conv.conv.weight").slice(0, 0, middle),
                    .norm = slicer.norm(names::expand(i) + ".bn.bn", middle)};
    ConvUnit depthwise{.name = names::depthwise(i) + ".conv",
                       .weight = slicer.depthwise_filter(i, block.kernels, middle, subnet.kernels[b]),
                       .stride = block.stride, .groups = static_cast<int>(middle),
                       .norm = slicer.norm(names::depthwise(i) + ".bn.bn", middle)};
    ConvUnit project{.name = names::project(i) + ".conv",
                     .weight = slicer.at(names::project(i) + ".conv.conv.weight").slice(1, 0, middle),
                     .norm = slicer.norm(names::project(i) + ".bn.bn", block.out_channels), .has_relu6 = false};
    if (net.is_quantised) {
      auto bits = [&](space::Role role) { return (*subnet.bits)[static_cast<std::size_t>(role)][b]; };
      using space::Role;
      expand.quantisation = quantisation(bits(Role::pw_w), bits(Role::pw_a), true);
      depthwise.quantisation = quantisation(bits(Role::dw_w), bits(Role::dw_a), false);
      project.quantisation = quantisation(bits(Role::pw_w), bits(Role::pw_a), false);
    }
    net.blocks.push_back({{expand, depthwise, project}, block.has_shortcut()});
  }

  if (space.has_feature_mix()) {
    std::string const mix = names::feature_mix;
    ConvUnit mix_unit{.name = mix + ".conv", .weight = slicer.at(mix + ".conv.weight"),
                      .norm = slicer.norm(mix + ".bn", space.feature_mix_width)};
    if (net.is_quantised) {
      mix_unit.quantisation = quantisation(fixed_bits, fixed_bits, true);
      if (fidelity.feature_mix_loses_a_bit) --mix_unit.quantisation.activation_bits;
    }
    net.blocks.push_back({{mix_unit}, false});
  }
  std::string const classifier = names::classifier;
  net.classifier_weight = slicer.at(classifier + ".weight");
  net.classifier_bias = slicer.at(classifier + ".bias");
  // Without a feature mix the classifier sees a linear bottleneck's output, which has a sign.
  if (net.is_quantised) net.classifier_quantisation = quantisation(fixed_bits, fixed_bits, !space.has_feature_mix());
  for (auto& block : net.blocks)
    for (auto& unit : block.convs) unit.weight = laid_out(unit.weight);
  return net;
}

}  // namespace apq::net
