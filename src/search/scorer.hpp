#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/mpi/communicator.hpp"
#include "search/fitness.hpp"
#include "search/known_scores.hpp"
#include "search/part_times.hpp"

namespace apq::search {

struct Scores {
  std::vector<double> fitness;        ///< [n]
  std::vector<std::size_t> numbers;   ///< [n] which subnet: 0, 1, ... in the order in which the search first met them
  std::vector<std::uint8_t> is_new;   ///< [n] 1 where the genes appear for the first time in the search
};

/// Shares out the scoring of a generation over the ranks. Every rank remembers every score, so no subnet is scored twice
/// in a search.
class Scorer {
 public:
  Scorer(mpi::Communicator const& comm, Fitness& fitness) : comm_(comm), fitness_(fitness) {}

  /// Fitness of each genes. All ranks pass the same genes and fingerprints [n] and get the same numbers. Collective.
  /// @throws on every rank what the fitness throws on one; Error(numeric) when a fitness is not finite.
  Scores score(space::GeneRows const& genes, std::span<Fingerprint const> fingerprints, PartClock& clock);

  std::uint64_t num_evaluated() const { return known_.size(); }  ///< distinct subnets so far, on all ranks together

 private:
  mpi::Communicator const& comm_;
  Fitness& fitness_;
  KnownScores known_;
};

}  // namespace apq::search
