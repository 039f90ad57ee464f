#include "common/net/supernet.hpp"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/random.hpp"
#include "common/core/sha256.hpp"
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

std::string Supernet::hash() const {
  Sha256 hash;
  for (auto const& spec : supernet_parameters(space)) {
    auto const values = weights.at(spec.name).detach().to(at::kCPU, at::kFloat).contiguous();
    hash.add(spec.name);
    for (auto size : spec.shape) hash.add_value(size);
    hash.add(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()) * sizeof(float));
  }
  return hash.hex();
}

Supernet make_supernet(space::SearchSpace const& space, std::uint64_t seed) {
  Supernet supernet{space, {}};
  std::uint64_t index = 0;
  for (auto const& spec : supernet_parameters(space)) {
    RandomStream random(seed, "supernet.initialise", index++);
    auto tensor = at::zeros(spec.shape, at::kFloat);
    float* const values = tensor.data_ptr<float>();
    auto fill_normal = [&](double deviation) {
      for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(deviation * random.normal());
    };
    switch (spec.kind) {
      case Kind::convolution: {
        // He initialisation over the fan out; a depthwise filter has one output channel per group.
        bool const depthwise = spec.shape[1] == 1 && spec.shape[2] > 1;
        auto const fan_out = (depthwise ? 1 : spec.shape[0]) * spec.shape[2] * spec.shape[3];
        fill_normal(std::sqrt(2.0 / static_cast<double>(fan_out)));
        break;
      }
      case Kind::kernel_matrix:
        tensor = at::eye(spec.shape[0], at::kFloat);
        break;
      case Kind::norm_weight:
      case Kind::norm_variance:
        tensor.fill_(1);
        break;
      case Kind::linear_weight:
        fill_normal(0.01);
        break;
      case Kind::norm_bias:
      case Kind::norm_mean:
      case Kind::linear_bias:
        break;
    }
    supernet.weights[spec.name] = tensor;
  }
  return supernet;
}

checkpoint::WeightNames names_in(space::SearchSpace const& space, checkpoint::StateDict const& weights) {
  std::map<std::string, checkpoint::Shape> expected, found;
  for (auto const& spec : supernet_parameters(space)) expected[spec.name] = spec.shape;
  for (auto const& [name, tensor] : weights) found[name] = tensor.sizes().vec();
  return checkpoint::match_weight_names(expected, found);
}

Supernet adopt(space::SearchSpace const& space, checkpoint::StateDict const& weights, checkpoint::WeightNames const& names) {
  Supernet supernet{space, {}};
  for (auto const& [from, to, shape] : names.matched) supernet.weights[to] = weights.at(from).to(at::kFloat).contiguous();
  return supernet;
}

bool needs_sorting(space::SearchSpace const& space, checkpoint::WeightNames const& names) {
  return space.kernel_transform == space::KernelTransform::crop && !names.is_native();
}

Supernet load_supernet(space::SearchSpace const& space, std::filesystem::path const& file) {
  auto const dict = checkpoint::load_state_dict(file);
  auto const names = names_in(space, dict);
  checkpoint::require_fit(names, file.string());
  auto supernet = adopt(space, dict, names);
  if (needs_sorting(space, names)) sort_channels(supernet);
  return supernet;
}

void save_supernet(Supernet const& supernet, std::filesystem::path const& file) {
  checkpoint::StateDict dict;
  for (auto const& [name, tensor] : supernet.weights) dict[name] = tensor.detach().to(at::kCPU).contiguous();
  checkpoint::save_state_dict(file, dict);
}

void sort_channels(Supernet& supernet) {
  at::NoGradGuard const no_grad;
  auto permute = [&](std::string const& name, std::int64_t dimension, at::Tensor const& order) {
    auto& tensor = supernet.weights.at(name);
    tensor.copy_(tensor.index_select(dimension, order).clone());
  };
  // Of the input channels of a 1x1 convolution, most important first.
  auto order_of = [&](std::string const& name) {
    auto const importance = supernet.weights.at(name).abs().sum({0, 2, 3});
    return std::get<1>(at::sort(importance, /*stable=*/true, /*dim=*/0, /*descending=*/true));
  };
  for (int i = 0; i < supernet.space.num_blocks(); ++i) {
    auto const order = order_of(parameter_names::project(i) + ".conv.conv.weight");
    permute(parameter_names::project(i) + ".conv.conv.weight", 1, order);
    permute(parameter_names::depthwise(i) + ".conv.conv.weight", 0, order);
    permute(parameter_names::expand(i) + ".conv.conv.weight", 0, order);
    for (auto const& layer : {parameter_names::expand(i), parameter_names::depthwise(i)})
      for (char const* part : {".bn.bn.weight", ".bn.bn.bias", ".bn.bn.running_mean", ".bn.bn.running_var"})
        permute(layer + part, 0, order);
    auto const& stage = supernet.space.stages[static_cast<std::size_t>(supernet.space.blocks[static_cast<std::size_t>(i)].stage)];
    if (!stage.squeeze_excite) continue;
    auto const unit = parameter_names::squeeze_excite(i);
    permute(unit + ".reduce.weight", 1, order);
    permute(unit + ".expand.weight", 0, order);
    permute(unit + ".expand.bias", 0, order);
    auto const hidden = order_of(unit + ".expand.weight");
    permute(unit + ".expand.weight", 1, hidden);
    permute(unit + ".reduce.weight", 0, hidden);
    permute(unit + ".reduce.bias", 0, hidden);
  }
}

}  // namespace apq::net
