#include "common/net/supernet.hpp"

#include <cmath>

#include <ATen/ATen.h>

#include "common/core/random.hpp"
#include "common/core/sha256.hpp"

namespace apq::net {
using Kind = ParameterSpec::Kind;

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

}  // namespace apq::net
