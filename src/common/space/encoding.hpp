#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/space/search_space.hpp"

namespace apq::space {

/// One-hot encoding of a subnet (spec of the release's Converter): kernels of all blocks, middle
/// widths of all blocks, the image size where it is a gene, then pw_w, pw_a, dw_w, dw_a of all blocks; a block that is inactive is all
/// zero.
class Encoding {
 public:
  explicit Encoding(SearchSpace const& space);
  int architecture_size() const { return architecture_size_; }  ///< 520 for the APQ ImageNet space
  int full_size() const { return full_size_; }                  ///< 772 for it
  /// Ascending indices of the ones. Genes with bits give indices in [0, full_size), without in [0,
  /// architecture_size).
  std::vector<int> ones(std::span<std::uint8_t const> genes) const;
  /// Allocation-free form: appends to `out`.
  void append_ones(std::span<std::uint8_t const> genes, std::vector<int>& out) const;

 private:
  std::size_t num_architecture_genes_;
  std::vector<int> gene_offset_;  // [num_genes] index of choice 0 in the vector; -1 for depth genes
  int architecture_size_ = 0, full_size_ = 0;
};

}  // namespace apq::space
