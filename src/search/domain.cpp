#include "search/domain.hpp"

#include <algorithm>
#include <numeric>

namespace apq::search {
namespace {

std::vector<std::uint8_t> all_choices(std::size_t n) {
  std::vector<std::uint8_t> choices(n);
  std::iota(choices.begin(), choices.end(), std::uint8_t{1});
  return choices;
}

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

Domain::Domain(space::SearchSpace const& space) : space_(&space), layout_(space), choices_(index(space.num_genes())) {
  std::size_t max_kernels = 0, max_bits = 0;
  for (int b = 0; b < space.num_blocks(); ++b) {
    auto const& block = space.blocks[index(b)];
    choices_[index(layout_.kernel(b))] = all_choices(block.kernels.size());
    choices_[index(layout_.middle(b))] = all_choices(block.middle_channels.size());
    max_kernels = std::max(max_kernels, block.kernels.size());
    for (int r = 0; r < space::num_roles; ++r)
      choices_[index(layout_.bits(static_cast<space::Role>(r), b))] = all_choices(space.bits[index(r)].size());
  }
  for (int s = 0; s < space.num_stages(); ++s) choices_[index(layout_.depth(s))] = all_choices(space.stages[index(s)].depths.size());
  if (has_size_gene()) choices_[index(layout_.image_size())] = all_choices(space.image_sizes.size());

  for (auto const& bits : space.bits) max_bits = std::max(max_bits, bits.size());
  role_stride_ = max_bits;
  kernel_stride_ = space::num_roles * role_stride_;
  block_stride_ = max_kernels * kernel_stride_;
  bad_.assign(space.blocks.size() * block_stride_, 0);
  for (std::size_t b = 0; b < space.blocks.size(); ++b)
    for (std::size_t k = 0; k < space.blocks[b].kernels.size(); ++k)
      for (std::size_t r = 0; r < space::num_roles; ++r)
        for (std::size_t i = 0; i < space.bits[r].size(); ++i)
          bad_[b * block_stride_ + k * kernel_stride_ + r * role_stride_ + i] =
              space.is_forbidden(space.blocks[b].kernels[k], static_cast<space::Role>(r), space.bits[r][i]);
}

std::array<int, Domain::genes_per_block> Domain::positions(int block) const {
  std::array<int, genes_per_block> result{layout_.kernel(block), layout_.middle(block)};
  for (int r = 0; r < space::num_roles; ++r) result[index(2 + r)] = layout_.bits(static_cast<space::Role>(r), block);
  return result;
}

int Domain::depth(int stage, std::uint8_t gene) const { return space_->stages[index(stage)].depths[gene - 1u]; }

int Domain::depth(int stage, std::span<std::uint8_t const> genes) const { return depth(stage, genes[index(layout_.depth(stage))]); }

bool Domain::goes_together(int block, std::uint8_t kernel_gene, space::Role role, std::uint8_t bits_gene) const {
  return !bad_[index(block) * block_stride_ + (kernel_gene - 1u) * kernel_stride_ + static_cast<std::size_t>(role) * role_stride_ +
               (bits_gene - 1u)];
}

bool Domain::is_allowed(std::span<std::uint8_t const> genes, int block) const {
  auto const kernel = genes[index(layout_.kernel(block))];
  for (int r = 0; r < space::num_roles; ++r) {
    auto const role = static_cast<space::Role>(r);
    if (!goes_together(block, kernel, role, genes[index(layout_.bits(role, block))])) return false;
  }
  return true;
}

void draw_block(Domain const& domain, int block, std::span<std::uint8_t> genes, RandomStream& random) {
  auto const positions = domain.positions(block);
  auto const pick = [&](int position) {
    auto const choices = domain.choices(position);
    return choices[random.below(choices.size())];
  };
  // Rejection ends: a space refuses forbidden combinations that leave a kernel without bits, and a fixed gene comes from
  // a valid subnet.
  do
    for (int position : positions) genes[index(position)] = pick(position);
  while (!domain.is_allowed(genes, block));
}

void change_depth(Domain const& domain, int stage, std::uint8_t gene, std::span<std::uint8_t> genes, RandomStream& random) {
  auto const& s = domain.space().stages[index(stage)];
  int const before = domain.depth(stage, genes), after = domain.depth(stage, gene);
  genes[index(domain.layout().depth(stage))] = gene;
  for (int p = before; p < after; ++p) draw_block(domain, s.first_block + p, genes, random);
  for (int p = after; p < before; ++p)
    for (int position : domain.positions(s.first_block + p)) genes[index(position)] = 0;
}

void draw(Domain const& domain, RandomStream& random, std::span<std::uint8_t> genes) {
  auto const& space = domain.space();
  std::fill(genes.begin(), genes.end(), std::uint8_t{0});
  auto const pick = [&](int position) {
    auto const choices = domain.choices(position);
    genes[index(position)] = choices[random.below(choices.size())];
  };
  for (int s = 0; s < space.num_stages(); ++s) {
    pick(domain.layout().depth(s));
    auto const& stage = space.stages[index(s)];
    for (int p = 0; p < domain.depth(s, genes); ++p) draw_block(domain, stage.first_block + p, genes, random);
  }
  if (domain.has_size_gene()) pick(domain.layout().image_size());
}

}  // namespace apq::search
