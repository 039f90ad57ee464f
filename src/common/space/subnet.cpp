#include "common/space/subnet.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/sha256.hpp"

namespace apq::space {
namespace {

/// Choices of the gene at `position`, nullptr past the end.
std::vector<int> const* choices_of(SearchSpace const& space, int position) {
  GeneLayout const layout(space);
  auto const at = static_cast<std::size_t>(position);
  if (position < layout.middle(0)) return &space.blocks[at].kernels;
  if (position < layout.depth(0)) return &space.blocks[static_cast<std::size_t>(position - layout.middle(0))].middle_channels;
  if (position < layout.image_size()) return &space.stages[static_cast<std::size_t>(position - layout.depth(0))].depths;
  if (position < space.num_architecture_genes()) return &space.image_sizes;
  if (position < space.num_genes())
    return &space.bits[static_cast<std::size_t>((position - space.num_architecture_genes()) / space.num_blocks())];
  return nullptr;
}

bool has_bits(SearchSpace const& space, std::size_t num_genes) { return num_genes == static_cast<std::size_t>(space.num_genes()); }

bool has_right_length(SearchSpace const& space, std::size_t num_genes) {
  return has_bits(space, num_genes) || num_genes == static_cast<std::size_t>(space.num_architecture_genes());
}

/// Value behind a gene, 0 when the gene is 0 or out of range.
int value_at(SearchSpace const& space, std::span<std::uint8_t const> genes, int position) {
  auto const& choices = *choices_of(space, position);
  int const gene = genes[static_cast<std::size_t>(position)];
  return gene == 0 || gene > static_cast<int>(choices.size()) ? 0 : choices[static_cast<std::size_t>(gene - 1)];
}

std::uint8_t gene_for(std::vector<int> const& choices, int value, std::string const& what) {
  auto const found = std::lower_bound(choices.begin(), choices.end(), value);
  if (found == choices.end() || *found != value)
    throw Error(Errc::data, fmt::format("{} = {} is not in the space; allowed: {}", what, value, fmt::join(choices, ", ")));
  return static_cast<std::uint8_t>(1 + (found - choices.begin()));
}

void require_length(char const* what, std::size_t size, int expected) {
  if (size != static_cast<std::size_t>(expected))
    throw Error(Errc::data, fmt::format("{} has {} values; the space has {}", what, size, expected));
}

template <class F>
void for_each_gene_of_block(SearchSpace const& space, int block, bool quantised, F const& f) {
  GeneLayout const layout(space);
  f(layout.kernel(block));
  f(layout.middle(block));
  if (quantised)
    for (int role = 0; role < num_roles; ++role) f(layout.bits(static_cast<Role>(role), block));
}

/// First fault of `genes`, or an empty text.
std::string fault_of(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  if (!has_right_length(space, genes.size()))
    return fmt::format("{} genes; the space has {} or, with bit widths, {}", genes.size(), space.num_architecture_genes(),
                       space.num_genes());
  GeneLayout const layout(space);
  bool const quantised = has_bits(space, genes.size());
  auto in_range = [&](int position) {
    int const gene = genes[static_cast<std::size_t>(position)];
    return gene >= 1 && gene <= static_cast<int>(choices_of(space, position)->size());
  };
  for (int stage = 0; stage < space.num_stages(); ++stage)
    if (!in_range(layout.depth(stage))) return fmt::format("depth gene of stage {} is out of range", stage);
  if (layout.num_size_genes > 0 && !in_range(layout.image_size())) return "image size gene is out of range";
  for (int block = 0; block < space.num_blocks(); ++block) {
    bool const active = is_active(space, genes, block);
    std::string fault;
    for_each_gene_of_block(space, block, quantised, [&](int position) {
      if (active && !in_range(position))
        fault = fmt::format("gene {} of block {} is {}, out of range", position, block, genes[static_cast<std::size_t>(position)]);
      if (!active && genes[static_cast<std::size_t>(position)] != 0)
        fault = fmt::format("gene {} of the inactive block {} is not 0", position, block);
    });
    if (!fault.empty()) return fault;
    if (!active || !quantised) continue;
    int const kernel = value_at(space, genes, layout.kernel(block));
    for (int role = 0; role < num_roles; ++role) {
      int const bits = value_at(space, genes, layout.bits(static_cast<Role>(role), block));
      if (space.is_forbidden(kernel, static_cast<Role>(role), bits))
        return fmt::format("block {}: kernel {} with {}-bit {} is forbidden in this space", block, kernel, bits,
                           role_names[static_cast<std::size_t>(role)]);
    }
  }
  return {};
}

}  // namespace

Genes genes_of(SearchSpace const& space, Subnet const& subnet) {
  int const num_blocks = space.num_blocks();
  require_length("ks", subnet.kernels.size(), num_blocks);
  require_length("mid_channels", subnet.middle_channels.size(), num_blocks);
  require_length("d", subnet.depths.size(), space.num_stages());
  if (subnet.bits)
    for (std::size_t role = 0; role < num_roles; ++role) require_length(role_names[role], (*subnet.bits)[role].size(), num_blocks);
  GeneLayout const layout(space);
  Genes genes(static_cast<std::size_t>(subnet.bits ? space.num_genes() : space.num_architecture_genes()));
  auto set = [&](int position, int value, std::string const& what) {
    genes[static_cast<std::size_t>(position)] = gene_for(*choices_of(space, position), value, what);
  };
  for (int stage = 0; stage < space.num_stages(); ++stage)
    set(layout.depth(stage), subnet.depths[static_cast<std::size_t>(stage)], fmt::format("stage {}: d", stage));
  if (layout.num_size_genes > 0) set(layout.image_size(), subnet.image_size, "r");
  for (int block = 0; block < num_blocks; ++block) {
    if (!is_active(space, genes, block)) continue;
    auto const b = static_cast<std::size_t>(block);
    set(layout.kernel(block), subnet.kernels[b], fmt::format("block {}: ks", block));
    set(layout.middle(block), subnet.middle_channels[b], fmt::format("block {}: mid_channels", block));
    if (!subnet.bits) continue;
    for (std::size_t role = 0; role < num_roles; ++role)
      set(layout.bits(static_cast<Role>(role), block), (*subnet.bits)[role][b], fmt::format("block {}: {}_bits", block, role_names[role]));
  }
  if (auto const fault = fault_of(space, genes); !fault.empty()) throw Error(Errc::data, fault);
  return genes;
}

Subnet subnet_of(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  if (auto const fault = fault_of(space, genes); !fault.empty()) throw Error(Errc::data, fault);
  GeneLayout const layout(space);
  bool const quantised = has_bits(space, genes.size());
  Subnet subnet = smallest_subnet(space);
  if (quantised) {
    subnet.bits.emplace();
    for (std::size_t role = 0; role < num_roles; ++role) (*subnet.bits)[role].assign(space.blocks.size(), space.bits[role].front());
  }
  for (int stage = 0; stage < space.num_stages(); ++stage)
    subnet.depths[static_cast<std::size_t>(stage)] = value_at(space, genes, layout.depth(stage));
  if (layout.num_size_genes > 0) subnet.image_size = image_size_of(space, genes);
  for (int block = 0; block < space.num_blocks(); ++block) {
    if (!is_active(space, genes, block)) continue;
    auto const b = static_cast<std::size_t>(block);
    subnet.kernels[b] = value_at(space, genes, layout.kernel(block));
    subnet.middle_channels[b] = value_at(space, genes, layout.middle(block));
    if (!quantised) continue;
    for (std::size_t role = 0; role < num_roles; ++role)
      (*subnet.bits)[role][b] = value_at(space, genes, layout.bits(static_cast<Role>(role), block));
  }
  return subnet;
}

int image_size_of(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  GeneLayout const layout(space);
  return layout.num_size_genes > 0 ? value_at(space, genes, layout.image_size()) : space.image_size;
}

bool is_active(SearchSpace const& space, std::span<std::uint8_t const> genes, int block) {
  auto const& b = space.blocks[static_cast<std::size_t>(block)];
  return b.position < value_at(space, genes, GeneLayout(space).depth(b.stage));
}

bool is_valid(SearchSpace const& space, std::span<std::uint8_t const> genes) { return fault_of(space, genes).empty(); }

void canonicalise(SearchSpace const& space, std::span<std::uint8_t> genes) {
  bool const quantised = has_bits(space, genes.size());
  for (int block = 0; block < space.num_blocks(); ++block)
    if (!is_active(space, genes, block))
      for_each_gene_of_block(space, block, quantised, [&](int position) { genes[static_cast<std::size_t>(position)] = 0; });
}

Genes random_genes(SearchSpace const& space, RandomStream& random, bool quantised) {
  GeneLayout const layout(space);
  Genes genes(static_cast<std::size_t>(quantised ? space.num_genes() : space.num_architecture_genes()));
  auto draw = [&](int position) {
    genes[static_cast<std::size_t>(position)] = static_cast<std::uint8_t>(1 + random.below(choices_of(space, position)->size()));
  };
  for (int stage = 0; stage < space.num_stages(); ++stage) draw(layout.depth(stage));
  std::vector<std::uint8_t> allowed;
  for (int block = 0; block < space.num_blocks(); ++block) {
    if (!is_active(space, genes, block)) continue;
    draw(layout.kernel(block));
    draw(layout.middle(block));
    if (!quantised) continue;
    int const kernel = value_at(space, genes, layout.kernel(block));
    for (std::size_t role = 0; role < num_roles; ++role) {
      allowed.clear();
      for (std::size_t i = 0; i < space.bits[role].size(); ++i)
        if (!space.is_forbidden(kernel, static_cast<Role>(role), space.bits[role][i])) allowed.push_back(static_cast<std::uint8_t>(i + 1));
      genes[static_cast<std::size_t>(layout.bits(static_cast<Role>(role), block))] = allowed[random.below(allowed.size())];
    }
  }
  if (layout.num_size_genes > 0) draw(layout.image_size());
  return genes;
}

namespace {

template <class Pick>
Subnet extreme_subnet(SearchSpace const& space, Pick const& pick) {
  Subnet subnet;
  for (auto const& block : space.blocks) {
    subnet.kernels.push_back(pick(block.kernels));
    subnet.middle_channels.push_back(pick(block.middle_channels));
  }
  for (auto const& stage : space.stages) subnet.depths.push_back(pick(stage.depths));
  if (space.image_sizes.size() > 1) subnet.image_size = pick(space.image_sizes);
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
  for (auto role : {Role::pw_w, Role::pw_a, Role::dw_w, Role::dw_a}) {
    auto const r = static_cast<std::size_t>(role);
    int const bits = role == Role::pw_w || role == Role::dw_w ? weight_bits : activation_bits;
    gene_for(space.bits[r], bits, role_names[r] + std::string("_bits"));
    policy[r].assign(space.blocks.size(), bits);
  }
  return policy;
}

std::string hash_of(SearchSpace const& space, std::span<std::uint8_t const> genes) {
  return Sha256{}.add(space.hash).add(genes.data(), genes.size()).hex();
}

}  // namespace apq::space
