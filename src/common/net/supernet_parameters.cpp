#include "common/net/supernet_parameters.hpp"

#include "common/net/parameter_names.hpp"

namespace apq::net {
using Kind = ParameterSpec::Kind;

std::vector<ParameterSpec> supernet_parameters(space::SearchSpace const& space) {
  std::vector<ParameterSpec> list;
  auto add = [&](std::string name, std::vector<std::int64_t> shape, Kind kind) {
    list.push_back({std::move(name), std::move(shape), kind});
  };
  auto norm = [&](std::string const& name, std::int64_t channels) {
    add(name + ".weight", {channels}, Kind::norm_weight);
    add(name + ".bias", {channels}, Kind::norm_bias);
    add(name + ".running_mean", {channels}, Kind::norm_mean);
    add(name + ".running_var", {channels}, Kind::norm_variance);
  };
  std::string const stem = parameter_names::stem;
  add(stem + ".conv.weight", {space.stem_width, space.image_channels, space.stem_kernel, space.stem_kernel}, Kind::convolution);
  norm(stem + ".bn", space.stem_width);
  std::string const first = parameter_names::first_block;
  add(first + ".depth_conv.conv.weight", {space.stem_width, 1, space.first_block_kernel, space.first_block_kernel}, Kind::convolution);
  norm(first + ".depth_conv.bn", space.stem_width);
  add(first + ".point_linear.conv.weight", {space.first_block_width, space.stem_width, 1, 1}, Kind::convolution);
  norm(first + ".point_linear.bn", space.first_block_width);
  for (int i = 0; i < space.num_blocks(); ++i) {
    auto const& block = space.blocks[static_cast<std::size_t>(i)];
    std::int64_t const middle = block.middle_channels.back();
    std::int64_t const kernel = block.kernels.back();
    add(parameter_names::expand(i) + ".conv.conv.weight", {middle, block.in_channels, 1, 1}, Kind::convolution);
    norm(parameter_names::expand(i) + ".bn.bn", middle);
    add(parameter_names::depthwise(i) + ".conv.conv.weight", {middle, 1, kernel, kernel}, Kind::convolution);
    bool const has_matrices = space.kernel_transform == space::KernelTransform::learned;
    for (std::size_t k = block.kernels.size(); has_matrices && k-- > 1;) {
      std::int64_t const to = block.kernels[k - 1];
      add(parameter_names::kernel_matrix(i, block.kernels[k], block.kernels[k - 1]), {to * to, to * to}, Kind::kernel_matrix);
    }
    norm(parameter_names::depthwise(i) + ".bn.bn", middle);
    if (space.stages[static_cast<std::size_t>(block.stage)].squeeze_excite) {
      std::int64_t const squeezed = space::squeezed_channels(static_cast<int>(middle), space.channel_divisor);
      auto const unit = parameter_names::squeeze_excite(i);
      add(unit + ".reduce.weight", {squeezed, middle, 1, 1}, Kind::convolution);
      add(unit + ".reduce.bias", {squeezed}, Kind::linear_bias);
      add(unit + ".expand.weight", {middle, squeezed, 1, 1}, Kind::convolution);
      add(unit + ".expand.bias", {middle}, Kind::linear_bias);
    }
    add(parameter_names::project(i) + ".conv.conv.weight", {block.out_channels, middle, 1, 1}, Kind::convolution);
    norm(parameter_names::project(i) + ".bn.bn", block.out_channels);
  }
  bool const has_final_expand = space.final_expand_width > 0;
  if (has_final_expand) {
    std::string const expand = parameter_names::final_expand;
    add(expand + ".conv.weight", {space.final_expand_width, space.blocks.back().out_channels, 1, 1}, Kind::convolution);
    norm(expand + ".bn", space.final_expand_width);
  }
  if (space.has_feature_mix()) {
    std::string const mix = parameter_names::feature_mix;
    auto const in_channels = has_final_expand ? space.final_expand_width : space.blocks.back().out_channels;
    add(mix + ".conv.weight", {space.feature_mix_width, in_channels, 1, 1}, Kind::convolution);
    if (!has_final_expand) norm(mix + ".bn", space.feature_mix_width);
  }
  std::string const classifier = parameter_names::classifier;
  add(classifier + ".weight", {space.num_classes, space.feature_width()}, Kind::linear_weight);
  add(classifier + ".bias", {space.num_classes}, Kind::linear_bias);
  return list;
}

}  // namespace apq::net
