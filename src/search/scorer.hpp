#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/mpi/communicator.hpp"
#include "search/fitness.hpp"
#include "search/known_scores.hpp"
#include "search/part_times.hpp"

namespace apq::search {

struct Scores {
  std::vector<double> fitness;       ///< [n]
  std::vector<std::size_t> numbers;  ///< [n] which subnet: 0, 1, ... in the order in which the search first met them
  std::vector<std::uint8_t> is_new;  ///< [n] 1 where the genes appear for the first time in the search
};

/// Shares out the scoring of a generation over the ranks. Every rank remembers every score, so no subnet is scored twice
/// in a search.
class Scorer {
 public:
  Scorer(mpi::Communicator const& comm, Fitness& fitness) : comm_(comm), fitness_(fitness) {}

  /// Writes the genes of subnet i of those that are scored.
  using WriteGenes = std::function<void(std::size_t i, std::span<std::uint8_t> genes)>;

  /// Fitness of each subnet. All ranks pass the same fingerprints [n] and get the same numbers. A rank asks for the genes of
  /// its share of what is new alone, which are mostly those in its block_range(n). Collective.
  /// @throws on every rank what the fitness or write_genes throws on one; Error(numeric) when a fitness is not finite.
  Scores score(std::span<Fingerprint const> fingerprints, WriteGenes const& write_genes, std::size_t num_genes, PartClock& clock);

  std::uint64_t num_evaluated() const { return known_.size(); }  ///< distinct subnets so far, on all ranks together

 private:
  mpi::Communicator const& comm_;
  Fitness& fitness_;
  KnownScores known_;
  std::vector<std::uint8_t> rows_;  // [share of this rank, num_genes]
};

}  // namespace apq::search
