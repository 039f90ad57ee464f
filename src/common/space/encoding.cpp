#include "common/space/encoding.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::space {

Encoding::Encoding(SearchSpace const& space) : num_architecture_genes_(static_cast<std::size_t>(space.num_architecture_genes())) {
  int offset = 0;
  auto add_gene = [&](std::size_t num_choices) {
    gene_offset_.push_back(offset);
    offset += static_cast<int>(num_choices);
  };
  for (auto const& block : space.blocks) add_gene(block.kernels.size());
  for (auto const& block : space.blocks) add_gene(block.middle_channels.size());
  gene_offset_.insert(gene_offset_.end(), space.stages.size(), -1);
  if (space.num_size_genes() > 0) add_gene(space.image_sizes.size());
  architecture_size_ = offset;
  for (auto const& choices : space.bits)
    for (int block = 0; block < space.num_blocks(); ++block) add_gene(choices.size());
  full_size_ = offset;
}

std::vector<int> Encoding::ones(std::span<std::uint8_t const> genes) const {
  std::vector<int> indices;
  append_ones(genes, indices);
  return indices;
}

void Encoding::append_ones(std::span<std::uint8_t const> genes, std::vector<int>& out) const {
  if (genes.size() != gene_offset_.size() && genes.size() != num_architecture_genes_)
    throw Error(Errc::data, fmt::format("encoding: {} genes; the space has {} or, with bit widths, {}", genes.size(),
                                        num_architecture_genes_, gene_offset_.size()));
  for (std::size_t i = 0; i < genes.size(); ++i)
    if (genes[i] != 0 && gene_offset_[i] >= 0) out.push_back(gene_offset_[i] + genes[i] - 1);
}

}  // namespace apq::space
