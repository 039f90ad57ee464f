#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/core/random.hpp"
#include "common/space/subnet.hpp"

namespace apq::search {

/// The part of a space that a search may move in: for each gene of a quantised subnet the bytes it may take. All of
/// them for a joint search, a single one where a gene is held fixed (sequential baseline).
class Domain {
 public:
  explicit Domain(space::SearchSpace const& space);

  /// Allows `gene` only, at `position`. A depth gene must be fixed before or together with its blocks' genes.
  void fix(int position, std::uint8_t gene) { choices_[static_cast<std::size_t>(position)] = {gene}; }

  space::SearchSpace const& space() const { return *space_; }
  space::GeneLayout const& layout() const { return layout_; }
  int num_genes() const { return static_cast<int>(choices_.size()); }
  bool has_size_gene() const { return layout_.num_size_genes > 0; }
  /// Ascending, never empty.
  std::span<std::uint8_t const> choices(int position) const { return choices_[static_cast<std::size_t>(position)]; }

  static constexpr int genes_per_block = 2 + space::num_roles;
  /// Positions of a block's genes: kernel, middle width, then the bits by role.
  std::array<int, genes_per_block> positions(int block) const;
  /// Number of active blocks of a stage at a depth gene.
  int depth(int stage, std::uint8_t gene) const;
  int depth(int stage, std::span<std::uint8_t const> genes) const;

  /// True when the space does not forbid this bit gene beside this kernel gene.
  bool goes_together(int block, std::uint8_t kernel_gene, space::Role role, std::uint8_t bits_gene) const;
  /// True when an active block has no forbidden combination.
  bool is_allowed(std::span<std::uint8_t const> genes, int block) const;

 private:
  space::SearchSpace const* space_;
  space::GeneLayout layout_;
  std::vector<std::vector<std::uint8_t>> choices_;  // [num_genes]
  std::vector<std::uint8_t> bad_;                   // [block][kernel gene][role][bits gene], genes counted from 0
  std::size_t block_stride_ = 0, kernel_stride_ = 0, role_stride_ = 0;
};

/// Valid genes of one block, every allowed kernel and width equally likely, then every bit width that goes with them.
void draw_block(Domain const& domain, int block, std::span<std::uint8_t> genes, RandomStream& random);

/// Changes a stage's depth: blocks that become active get fresh genes, the others lose theirs.
void change_depth(Domain const& domain, int stage, std::uint8_t gene, std::span<std::uint8_t> genes, RandomStream& random);

/// A random member of the domain, canonical, into `genes`.
void draw(Domain const& domain, RandomStream& random, std::span<std::uint8_t> genes);

}  // namespace apq::search
