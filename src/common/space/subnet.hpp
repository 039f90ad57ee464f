#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/core/random.hpp"
#include "common/space/search_space.hpp"

namespace apq::space {

/// Bit widths per block, each vector [B].
using BitPolicy = std::array<std::vector<int>, num_roles>;  // indexed by Role

/// A point of the space in concrete values. Values of inactive blocks are carried but mean nothing.
struct Subnet {
  std::vector<int> kernels;          ///< [B]
  std::vector<int> middle_channels;  ///< [B]
  std::vector<int> depths;           ///< [S]
  std::optional<BitPolicy> bits;     ///< absent: full precision
  int image_size = 0;                ///< pixels; 0 in a space of one image size
  bool operator==(Subnet const&) const = default;
};

/// The same point as bytes, the form that shards store and the search works on. Order: kernels [B],
/// middle widths [B], depths [S], image size [1] where the space has several, then pw_w [B], pw_a [B], dw_w [B], dw_a [B] when quantised.
/// Each byte is 1 + the index into the block's (stage's, role's) choices; 0 in every gene of an inactive block. So equal networks have
/// equal genes.
using Genes = std::vector<std::uint8_t>;

/// Positions in Genes.
struct GeneLayout {
  int num_blocks, num_stages, num_size_genes;
  explicit GeneLayout(SearchSpace const& space)
      : num_blocks(space.num_blocks()), num_stages(space.num_stages()), num_size_genes(space.num_size_genes()) {}
  int kernel(int block) const { return block; }
  int middle(int block) const { return num_blocks + block; }
  int depth(int stage) const { return 2 * num_blocks + stage; }
  int bits(Role role, int block) const {
    return 2 * num_blocks + num_stages + num_size_genes + static_cast<int>(role) * num_blocks + block;
  }
  int image_size() const { return 2 * num_blocks + num_stages; }  ///< only where it is a gene
};

/// Canonical genes of a subnet (num_genes() bytes when it has bits, else num_architecture_genes()).
/// @throws Error(data) naming the block and the allowed values when a value is not a choice of an
/// active block,
///         a vector has the wrong length, or a forbidden combination is active.
Genes genes_of(SearchSpace const& space, Subnet const& subnet);

/// Inactive blocks get their smallest choices. @throws Error(data) when a byte is out of range or
/// not canonical.
Subnet subnet_of(SearchSpace const& space, std::span<std::uint8_t const> genes);

/// Pixels, also in a space of one image size. 0 when the gene is out of range.
int image_size_of(SearchSpace const& space, std::span<std::uint8_t const> genes);

bool is_active(SearchSpace const& space, std::span<std::uint8_t const> genes, int block);
/// True when bytes are in range, inactive genes are 0 and nothing forbidden is active. Never
/// throws.
bool is_valid(SearchSpace const& space, std::span<std::uint8_t const> genes);
/// Zeroes the genes of inactive blocks, in place. Active genes must be set.
void canonicalise(SearchSpace const& space, std::span<std::uint8_t> genes);

/// Draws from the choices that remain valid; every valid value of a gene is equally likely given
/// the others drawn before it (kernel, width, then bits without the forbidden ones; last the image size). @param
/// quantised  with bit genes or without.
Genes random_genes(SearchSpace const& space, RandomStream& random, bool quantised);

/// Smallest and largest architecture (every choice minimal / maximal), full precision.
Subnet smallest_subnet(SearchSpace const& space);
Subnet largest_subnet(SearchSpace const& space);
/// All roles of all blocks at `bits`; @throws Error(data) when it is not a choice everywhere.
BitPolicy uniform_bits(SearchSpace const& space, int weight_bits, int activation_bits);

/// 64 hex digits over space hash and canonical genes.
std::string hash_of(SearchSpace const& space, std::span<std::uint8_t const> genes);

}  // namespace apq::space
