#include "study/uniform_networks.hpp"

#include <algorithm>

namespace apq::study {

std::vector<UniformNetwork> uniform_networks(space::SearchSpace const& space) {
  std::vector<UniformNetwork> networks{{std::nullopt, space::largest_subnet(space)}};
  for (std::array<int, 2> const bits : {std::array{8, 8}, std::array{6, 6}, std::array{4, 8}, std::array{4, 4}}) {
    auto const offered = [&](space::Role role, int width) {
      auto const& choices = space.bits[static_cast<std::size_t>(role)];
      return std::find(choices.begin(), choices.end(), width) != choices.end();
    };
    if (!offered(space::Role::pw_w, bits[0]) || !offered(space::Role::dw_w, bits[0]) || !offered(space::Role::pw_a, bits[1]) ||
        !offered(space::Role::dw_a, bits[1]))
      continue;
    auto subnet = space::largest_subnet(space);
    subnet.bits = space::uniform_bits(space, bits[0], bits[1]);
    networks.push_back({bits, std::move(subnet)});
  }
  return networks;
}

}  // namespace apq::study
