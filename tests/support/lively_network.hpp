#pragma once

#include <ATen/ATen.h>

#include "common/core/random.hpp"
#include "common/net/supernet.hpp"

namespace apq::test {

// Parameters that make every part matter: transforms that are not the identity, BN that is not (1, 0, 0, 1), gates far from 1/2.
inline net::Supernet lively_supernet(space::SearchSpace const& space) {
  auto supernet = net::make_supernet(space, 3);
  RandomStream random(5, "test.lively");
  for (auto& [name, tensor] : supernet.weights) {
    tensor = tensor.to(at::kDouble);
    auto* values = tensor.data_ptr<double>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      if (name.ends_with("running_var")) values[i] = 0.5 + random.uniform();
      else values[i] += (name.find(".se.") != name.npos ? 0.5 : 0.1) * random.normal();
    }
  }
  return supernet;
}

inline at::Tensor images(space::SearchSpace const& space, int count, int size) {
  RandomStream random(9, "test.images");
  auto tensor = at::empty({count, space.image_channels, size, size}, at::kDouble);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = random.normal();
  return tensor;
}

inline at::Tensor images(space::SearchSpace const& space, int count) { return images(space, count, space.image_size); }

inline double relative_error(at::Tensor const& a, at::Tensor const& b) { return ((a - b).norm() / b.norm()).item<double>(); }

}  // namespace apq::test
