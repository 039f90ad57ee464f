#include "collect/sampler.hpp"

#include <algorithm>

#include "common/core/random.hpp"

namespace apq::collect {

space::Genes sample(space::SearchSpace const& space, std::uint64_t seed, std::string const& stage, std::uint64_t index,
                    int policies_per_architecture) {
  bool const quantised = stage == "quant";
  RandomStream random(seed, "collect." + stage, index);
  auto genes = space::random_genes(space, random, quantised);
  if (!quantised || policies_per_architecture == 1) return genes;
  // The architecture is that of the group's first index; the bits are drawn until none is forbidden for its kernels.
  auto const group = index - index % static_cast<std::uint64_t>(policies_per_architecture);
  RandomStream shared(seed, "collect." + stage, group);
  auto const architecture = space::random_genes(space, shared, true);
  space::GeneLayout const layout(space);
  std::copy_n(architecture.begin(), space.num_architecture_genes(), genes.begin());
  RandomStream policy(seed, "collect.policy", index);
  for (int b = 0; b < space.num_blocks(); ++b)
    for (int r = 0; r < space::num_roles; ++r) {
      auto& gene = genes[static_cast<std::size_t>(layout.bits(static_cast<space::Role>(r), b))];
      gene = 0;
      if (!space::is_active(space, genes, b)) continue;
      auto const& block = space.blocks[static_cast<std::size_t>(b)];
      auto const& choices = space.bits[static_cast<std::size_t>(r)];
      int const kernel = block.kernels[genes[static_cast<std::size_t>(layout.kernel(b))] - 1u];
      do gene = static_cast<std::uint8_t>(1 + policy.below(choices.size()));
      while (space.is_forbidden(kernel, static_cast<space::Role>(r), choices[gene - 1u]));
    }
  return genes;
}

}  // namespace apq::collect
