#include "common/space/encoding.hpp"

#include "common/space/subnet.hpp"

namespace apq::space {

Encoding::Encoding(SearchSpace const& space) : num_blocks_(space.num_blocks()), num_stages_(space.num_stages()) {
  gene_offset_.assign(static_cast<std::size_t>(space.num_genes()), -1);
  GeneLayout const layout(space);
  int next = 0;
  auto place = [&](int gene, std::size_t choices) {
    gene_offset_[static_cast<std::size_t>(gene)] = next;
    next += static_cast<int>(choices);
  };
  for (int b = 0; b < num_blocks_; ++b) place(layout.kernel(b), space.blocks[static_cast<std::size_t>(b)].kernels.size());
  for (int b = 0; b < num_blocks_; ++b) place(layout.middle(b), space.blocks[static_cast<std::size_t>(b)].middle_channels.size());
  architecture_size_ = next;
  for (int r = 0; r < num_roles; ++r)
    for (int b = 0; b < num_blocks_; ++b) place(layout.bits(static_cast<Role>(r), b), space.bits[static_cast<std::size_t>(r)].size());
  full_size_ = next;
}

void Encoding::append_ones(std::span<std::uint8_t const> genes, std::vector<int>& out) const {
  for (std::size_t g = 0; g < genes.size(); ++g)
    if (genes[g] != 0 && gene_offset_[g] >= 0) out.push_back(gene_offset_[g] + genes[g] - 1);
}

std::vector<int> Encoding::ones(std::span<std::uint8_t const> genes) const {
  std::vector<int> indices;
  append_ones(genes, indices);
  return indices;
}

}  // namespace apq::space
