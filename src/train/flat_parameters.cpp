#include "train/flat_parameters.hpp"

namespace apq::train {

FlatParameters::FlatParameters(net::Supernet& supernet) {
  std::int64_t count = 0;
  auto const specs = net::supernet_parameters(supernet.space);
  for (auto const& spec : specs)
    if (spec.is_trained()) count += supernet.weights.at(spec.name).numel();
  values = at::empty({count}, at::kFloat);
  gradients = at::zeros({count}, at::kFloat);
  decays = at::zeros({count}, at::kFloat);
  std::int64_t offset = 0;
  for (auto const& spec : specs) {
    if (!spec.is_trained()) continue;
    auto& tensor = supernet.weights.at(spec.name);
    auto const size = tensor.numel();
    auto view = values.slice(0, offset, offset + size).view(tensor.sizes());
    view.copy_(tensor);
    if (spec.decays()) decays.slice(0, offset, offset + size).fill_(1);
    tensor = view.detach().requires_grad_(true);
    // A gradient that exists is accumulated into in place, so backward() writes straight into the flat buffer.
    tensor.mutable_grad() = gradients.slice(0, offset, offset + size).view(tensor.sizes());
    offset += size;
  }
}

}  // namespace apq::train
