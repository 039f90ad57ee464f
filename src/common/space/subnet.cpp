#include "common/space/subnet.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/core/error.hpp"
#include "common/core/sha256.hpp"

namespace apq::space {
namespace {

auto at(auto& container, int index) -> decltype(container[0])& { return container[static_cast<std::size_t>(index)]; }

bool has_bits(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  return genes.size() == static_cast<std::size_t>(space.num_genes());
}

bool fits(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  return has_bits(space, genes) || genes.size() == static_cast<std::size_t>(space.num_architecture_genes());
}

std::uint8_t index_of(std::vector<int> const& choices, int value, int block, char const* what) {
  auto const found = std::find(choices.begin(), choices.end(), value);
  if (found == choices.end())
    throw Error(Errc::data, fmt::format("block {}: {} {} is not a choice; the choices are {}", block, what, value, fmt::join(choices, ", ")));
  return static_cast<std::uint8_t>(1 + (found - choices.begin()));
}

void require_length(std::size_t length, int expected, char const* what) {
  if (length != static_cast<std::size_t>(expected))
    throw Error(Errc::data, fmt::format("{} has {} entries; the space has {}", what, length, expected));
}

}  // namespace

Genes genes_of(SearchSpace const& space, Subnet const& subnet) {
  int const num_blocks = space.num_blocks();
  require_length(subnet.kernels.size(), num_blocks, "kernels (ks)");
  require_length(subnet.middle_channels.size(), num_blocks, "middle channels");
  require_length(subnet.depths.size(), space.num_stages(), "depths (d)");
  if (subnet.bits)
    for (int r = 0; r < num_roles; ++r) require_length(at(*subnet.bits, r).size(), num_blocks, at(role_names, r));
  GeneLayout const layout(space);
  Genes genes(static_cast<std::size_t>(subnet.bits ? space.num_genes() : space.num_architecture_genes()), 0);
  for (int s = 0; s < space.num_stages(); ++s) {
    auto const& depths = at(space.stages, s).depths;
    auto const found = std::find(depths.begin(), depths.end(), at(subnet.depths, s));
    if (found == depths.end())
      throw Error(Errc::data, fmt::format("stage {}: depth {} is not a choice; the choices are {}", s, at(subnet.depths, s), fmt::join(depths, ", ")));
    at(genes, layout.depth(s)) = static_cast<std::uint8_t>(1 + (found - depths.begin()));
  }
  for (int b = 0; b < num_blocks; ++b) {
    auto const& block = at(space.blocks, b);
    if (block.position >= at(subnet.depths, block.stage)) continue;
    int const kernel = at(subnet.kernels, b);
    at(genes, layout.kernel(b)) = index_of(block.kernels, kernel, b, "kernel");
    at(genes, layout.middle(b)) = index_of(block.middle_channels, at(subnet.middle_channels, b), b, "middle width");
    if (!subnet.bits) continue;
    for (int r = 0; r < num_roles; ++r) {
      int const bits = at(at(*subnet.bits, r), b);
      at(genes, layout.bits(static_cast<Role>(r), b)) = index_of(at(space.bits, r), bits, b, at(role_names, r));
      if (space.is_forbidden(kernel, static_cast<Role>(r), bits))
        throw Error(Errc::data, fmt::format("block {}: kernel {} with {} = {} bits is forbidden by the space", b, kernel, at(role_names, r), bits));
    }
  }
  return genes;
}

bool is_active(SearchSpace const& space, std::span<std::uint8_t const> genes, int block) {
  auto const& b = at(space.blocks, block);
  int const depth_gene = at(genes, GeneLayout(space).depth(b.stage));
  return b.position < at(at(space.stages, b.stage).depths, depth_gene - 1);
}

bool is_valid(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  if (!fits(space, genes)) return false;
  GeneLayout const layout(space);
  for (int s = 0; s < space.num_stages(); ++s) {
    int const gene = at(genes, layout.depth(s));
    if (gene < 1 || gene > static_cast<int>(at(space.stages, s).depths.size())) return false;
  }
  for (int b = 0; b < space.num_blocks(); ++b) {
    auto const& block = at(space.blocks, b);
    bool const active = is_active(space, genes, b);
    auto sound = [&](int gene, std::size_t choices) { return active ? gene >= 1 && gene <= static_cast<int>(choices) : gene == 0; };
    int const kernel = at(genes, layout.kernel(b));
    if (!sound(kernel, block.kernels.size()) || !sound(at(genes, layout.middle(b)), block.middle_channels.size())) return false;
    if (!has_bits(space, genes)) continue;
    for (int r = 0; r < num_roles; ++r) {
      int const gene = at(genes, layout.bits(static_cast<Role>(r), b));
      if (!sound(gene, at(space.bits, r).size())) return false;
      if (active && space.is_forbidden(at(block.kernels, kernel - 1), static_cast<Role>(r), at(at(space.bits, r), gene - 1))) return false;
    }
  }
  return true;
}

Subnet subnet_of(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  if (!is_valid(space, genes))
    throw Error(Errc::data, fmt::format("genes [{}] are not a canonical subnet of space {}", fmt::join(genes, " "), space.name));
  GeneLayout const layout(space);
  Subnet subnet;
  if (has_bits(space, genes)) subnet.bits.emplace();
  auto value = [](std::vector<int> const& choices, int gene) { return at(choices, std::max(gene, 1) - 1); };
  for (int b = 0; b < space.num_blocks(); ++b) {
    auto const& block = at(space.blocks, b);
    subnet.kernels.push_back(value(block.kernels, at(genes, layout.kernel(b))));
    subnet.middle_channels.push_back(value(block.middle_channels, at(genes, layout.middle(b))));
    if (subnet.bits)
      for (int r = 0; r < num_roles; ++r)
        at(*subnet.bits, r).push_back(value(at(space.bits, r), at(genes, layout.bits(static_cast<Role>(r), b))));
  }
  for (int s = 0; s < space.num_stages(); ++s) subnet.depths.push_back(value(at(space.stages, s).depths, at(genes, layout.depth(s))));
  return subnet;
}

void canonicalise(SearchSpace const& space, std::span<std::uint8_t> genes) {
  GeneLayout const layout(space);
  bool const quantised = has_bits(space, genes);
  for (int b = 0; b < space.num_blocks(); ++b) {
    if (is_active(space, genes, b)) continue;
    at(genes, layout.kernel(b)) = 0;
    at(genes, layout.middle(b)) = 0;
    if (quantised)
      for (int r = 0; r < num_roles; ++r) at(genes, layout.bits(static_cast<Role>(r), b)) = 0;
  }
}

Genes random_genes(SearchSpace const& space, RandomStream& random, bool quantised) {
  GeneLayout const layout(space);
  Genes genes(static_cast<std::size_t>(quantised ? space.num_genes() : space.num_architecture_genes()), 0);
  auto pick = [&](std::size_t choices) { return static_cast<std::uint8_t>(1 + random.below(choices)); };
  for (int s = 0; s < space.num_stages(); ++s) at(genes, layout.depth(s)) = pick(at(space.stages, s).depths.size());
  for (int b = 0; b < space.num_blocks(); ++b) {
    if (!is_active(space, genes, b)) continue;
    auto const& block = at(space.blocks, b);
    at(genes, layout.kernel(b)) = pick(block.kernels.size());
    at(genes, layout.middle(b)) = pick(block.middle_channels.size());
    if (!quantised) continue;
    int const kernel = at(block.kernels, at(genes, layout.kernel(b)) - 1);
    for (int r = 0; r < num_roles; ++r) {
      auto const& choices = at(space.bits, r);
      std::uint8_t gene;
      do gene = pick(choices.size());
      while (space.is_forbidden(kernel, static_cast<Role>(r), at(choices, gene - 1)));
      at(genes, layout.bits(static_cast<Role>(r), b)) = gene;
    }
  }
  return genes;
}

namespace {

template <class Choose>
Subnet extreme_subnet(SearchSpace const& space, Choose choose) {
  Subnet subnet;
  for (auto const& block : space.blocks) {
    subnet.kernels.push_back(choose(block.kernels));
    subnet.middle_channels.push_back(choose(block.middle_channels));
  }
  for (auto const& stage : space.stages) subnet.depths.push_back(choose(stage.depths));
  return subnet;
}

}  // namespace

Subnet smallest_subnet(SearchSpace const& space) {
  return extreme_subnet(space, [](std::vector<int> const& choices) { return choices.front(); });
}

Subnet largest_subnet(SearchSpace const& space) {
  return extreme_subnet(space, [](std::vector<int> const& choices) { return choices.back(); });
}

BitPolicy uniform_bits(SearchSpace const& space, int weight_bits, int activation_bits) {
  BitPolicy policy;
  for (int r = 0; r < num_roles; ++r) {
    auto const role = static_cast<Role>(r);
    int const bits = role == Role::pw_w || role == Role::dw_w ? weight_bits : activation_bits;
    auto const& choices = at(space.bits, r);
    if (std::find(choices.begin(), choices.end(), bits) == choices.end())
      throw Error(Errc::data, fmt::format("{} = {} bits is not a choice of space {}; the choices are {}", at(role_names, r), bits, space.name, fmt::join(choices, ", ")));
    at(policy, r).assign(space.blocks.size(), bits);
  }
  return policy;
}

std::string hash_of(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  return Sha256{}.add(space.hash).add(genes.data(), genes.size()).hex();
}

}  // namespace apq::space
