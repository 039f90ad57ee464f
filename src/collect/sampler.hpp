#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/space/subnet.hpp"

namespace apq::collect {

/// The samples of a stage in the order of their ids, no subnet twice. What an id is depends on (space, seed, stage, policies) alone: not on
/// how many are drawn, nor on which rank draws them. A draw that repeats a subnet of a lower id is made again until it does not; a space
/// of which nearly all is drawn is gone through in a shuffled order. 80,000 samples take a fraction of a second.
class Samples {
 public:
  /// @param stage  "fp": full precision; "quant": with bit genes.
  /// @param policies_per_architecture  quant only: so many consecutive ids share one architecture, each with bits of its own (as long
  ///                                   as there are enough of them).
  /// @param count  how many to draw; there are fewer where the space has not so many.
  Samples(space::SearchSpace const& space, std::uint64_t seed, std::string stage, int policies_per_architecture, std::uint64_t count);
  std::size_t size() const { return bytes_.size() / num_genes_; }
  std::span<std::uint8_t const> operator[](std::size_t id) const { return std::span(bytes_).subspan(id * num_genes_, num_genes_); }
  space::Genes genes(std::size_t id) const { return {(*this)[id].begin(), (*this)[id].end()}; }

 private:
  std::size_t slot_of(std::span<std::uint8_t const> genes) const;
  bool is_new(std::span<std::uint8_t const> genes) const { return slots_[slot_of(genes)] == 0; }
  void add(std::span<std::uint8_t const> genes);
  void grow();
  std::size_t num_genes_;
  std::vector<std::uint8_t> bytes_;   // [size, num_genes]
  std::vector<std::uint64_t> slots_;  // hash table of 1 + id, 0: free; its size is a power of two
};

/// Genes of one sample; draws all of lower id too. @throws Error(internal) when the space has not so many.
space::Genes sample(space::SearchSpace const& space, std::uint64_t seed, std::string const& stage, std::uint64_t index,
                    int policies_per_architecture = 1);

/// How many samples a stage has that is asked for `wanted`: no more than the space has different subnets.
std::uint64_t num_samples(space::SearchSpace const& space, std::string const& stage, std::uint64_t wanted);

}  // namespace apq::collect
