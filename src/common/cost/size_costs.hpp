#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/cost/metric.hpp"
#include "common/space/subnet.hpp"

namespace apq::cost {

/// Costs of a space's subnets at one image size, looked up by genes. A block's 1x1 layers depend on its middle
/// width and their bits, its depthwise layer on kernel, width and its bits; so a block is the sum of two entries.
/// No checks: genes are canonical and in range.
class SizeCosts {
 public:
  /// What one block may cost.
  struct OfBlock {
    std::vector<Cost> pointwise;        ///< [middle][pw_w][pw_a]
    std::vector<Cost> depthwise;        ///< [kernel][middle][dw_w][dw_a]
    std::vector<Cost> pointwise_float;  ///< [middle]
    std::vector<Cost> depthwise_float;  ///< [kernel][middle]
  };

  SizeCosts(space::SearchSpace const& space, Cost const& fixed_quantised, Cost const& fixed_float, std::vector<OfBlock> blocks)
      : layout_(space),
        num_genes_(static_cast<std::size_t>(space.num_genes())),
        fixed_quantised_(fixed_quantised),
        fixed_float_(fixed_float),
        blocks_(std::move(blocks)) {
    for (std::size_t role = 0; role < num_bits_.size(); ++role) num_bits_[role] = space.bits[role].size();
  }

  /// Everything but the searched blocks.
  Cost const& fixed(bool quantised) const { return quantised ? fixed_quantised_ : fixed_float_; }

  /// Entry of pointwise for genes counted from 1.
  Cost const& pointwise(int block, std::uint8_t middle, std::uint8_t pw_w, std::uint8_t pw_a) const {
    return blocks_[static_cast<std::size_t>(block)].pointwise[((middle - 1u) * num_bits_[0] + (pw_w - 1u)) * num_bits_[1] + (pw_a - 1u)];
  }
  Cost const& depthwise(int block, std::uint8_t kernel, std::uint8_t middle, std::uint8_t dw_w, std::uint8_t dw_a) const {
    auto const& b = blocks_[static_cast<std::size_t>(block)];
    auto const layer = (kernel - 1u) * b.pointwise_float.size() + (middle - 1u);
    return b.depthwise[(layer * num_bits_[2] + (dw_w - 1u)) * num_bits_[3] + (dw_a - 1u)];
  }

  /// One active block of quantised genes.
  Cost block(int block, std::span<std::uint8_t const> genes) const {
    using space::Role;
    auto const gene = [&](int position) { return genes[static_cast<std::size_t>(position)]; };
    auto const middle = gene(layout_.middle(block));
    Cost cost = pointwise(block, middle, gene(layout_.bits(Role::pw_w, block)), gene(layout_.bits(Role::pw_a, block)));
    return cost += depthwise(block, gene(layout_.kernel(block)), middle, gene(layout_.bits(Role::dw_w, block)),
                             gene(layout_.bits(Role::dw_a, block)));
  }
  /// One active block in full precision.
  Cost block_float(int block, std::span<std::uint8_t const> genes) const {
    auto const& b = blocks_[static_cast<std::size_t>(block)];
    auto const kernel = genes[static_cast<std::size_t>(layout_.kernel(block))] - 1u;
    auto const middle = genes[static_cast<std::size_t>(layout_.middle(block))] - 1u;
    Cost cost = b.pointwise_float[middle];
    return cost += b.depthwise_float[kernel * b.pointwise_float.size() + middle];
  }

  /// Fixed layers and active blocks, added in the order of the blocks: equal genes, equal sums.
  Cost total(std::span<std::uint8_t const> genes) const {
    bool const quantised = genes.size() == num_genes_;
    Cost sum = fixed(quantised);
    for (int b = 0; b < layout_.num_blocks; ++b)
      if (genes[static_cast<std::size_t>(layout_.kernel(b))] != 0) sum += quantised ? block(b, genes) : block_float(b, genes);
    return sum;
  }

 private:
  space::GeneLayout layout_;
  std::size_t num_genes_;
  std::array<std::size_t, space::num_roles> num_bits_{};
  Cost fixed_quantised_, fixed_float_;
  std::vector<OfBlock> blocks_;
};

}  // namespace apq::cost
