#include "common/space/encoding.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::space {

Encoding::Encoding(SearchSpace const& space)
    : num_blocks_(space.num_blocks()), num_stages_(space.num_stages()) {
  int offset = 0;
  auto add_gene = [&](std::size_t num_choices) {
    gene_offset_.push_back(offset);
    offset += static_cast<int>(num_choices);
  };
  for (auto const& block : space.blocks) add_gene(block.kernels.size());
  for (auto const& block : space.blocks) add_gene(block.middle_channels.size());
  gene_offset_.insert(gene_offset_.end(), space.stages.size(), -1);
  architecture_size_ = offset;
  for (auto const& choices : space.bits)
    for (int block = 0; block < num_blocks_; ++block) add_gene(choices.size());
  full_size_ = offset;
}

std::vector<int> Encoding::ones(std::span<std::uint8_t const> genes) const {
  std::vector<int> indices;
  append_ones(genes, indices);
  return indices;
}

void Encoding::append_ones(std::span<std::uint8_t const> genes, std::vector<int>& out) const {
  auto const architecture = static_cast<std::size_t>(2 * num_blocks_ + num_stages_);
  if (genes.size() != gene_offset_.size() && genes.size() != architecture)
    throw Error(Errc::data,
                fmt::format("encoding: {} genes; the space has {} or, with bit widths, {}",
                            genes.size(), architecture, gene_offset_.size()));
  for (std::size_t i = 0; i < genes.size(); ++i)
    if (genes[i] != 0 && gene_offset_[i] >= 0) out.push_back(gene_offset_[i] + genes[i] - 1);
}

}  // namespace apq::space
