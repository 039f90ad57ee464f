#include "common/net/channel_order.hpp"

#include <tuple>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/net/parameter_names.hpp"

namespace apq::net {

bool needs_sorting(space::SearchSpace const& space, checkpoint::WeightNames const& names) {
  return space.kernel_transform == space::KernelTransform::crop && !names.is_native();
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
