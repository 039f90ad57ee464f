#include "common/net/supernet_file.hpp"

#include <map>

#include <ATen/ATen.h>

#include "common/checkpoint/weight_file_text.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/log.hpp"
#include "common/net/channel_order.hpp"
#include "common/net/finite_weights.hpp"

namespace apq::net {

checkpoint::WeightNames names_in(space::SearchSpace const& space, checkpoint::StateDict const& weights) {
  std::map<std::string, checkpoint::Shape> expected, found;
  for (auto const& spec : supernet_parameters(space)) expected[spec.name] = spec.shape;
  for (auto const& [name, tensor] : weights) found[name] = tensor.sizes().vec();
  return checkpoint::match_weight_names(expected, found);
}

Supernet adopt(space::SearchSpace const& space, checkpoint::StateDict const& weights, checkpoint::WeightNames const& names,
               std::string const& source) {
  require_finite(weights, names, source);
  Supernet supernet{space, {}};
  for (auto const& [from, to, shape] : names.matched) supernet.weights[to] = weights.at(from).to(at::kFloat).contiguous();
  return supernet;
}

namespace {

Supernet supernet_of(space::SearchSpace const& space, checkpoint::WeightFile const& file, std::string const& name) {
  auto const dict = checkpoint::tensors_of(file, name);
  auto const names = names_in(space, dict);
  checkpoint::require_fit(names, name);
  auto supernet = adopt(space, dict, names, name);
  if (needs_sorting(space, names)) sort_channels(supernet);
  return supernet;
}

}  // namespace

Supernet load_supernet(space::SearchSpace const& space, std::filesystem::path const& file) {
  auto const content = read_file(file);
  return supernet_of(space, checkpoint::read_weight_file(content, file.string()), file.string());
}

Supernet parse_supernet(space::SearchSpace const& space, std::string_view content, std::string const& name) {
  auto const file = checkpoint::read_weight_file(content, name);
  if (file.num_others > 0) log::root().info("{}", checkpoint::reading_text(name, checkpoint::reading_of(file)));
  return supernet_of(space, file, name);
}

void save_supernet(Supernet const& supernet, std::filesystem::path const& file) {
  checkpoint::StateDict dict;
  for (auto const& [name, tensor] : supernet.weights) dict[name] = tensor.detach().to(at::kCPU).contiguous();
  checkpoint::save_state_dict(file, dict);
}

}  // namespace apq::net
