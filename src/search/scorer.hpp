#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/mpi/communicator.hpp"
#include "search/fitness.hpp"

namespace apq::search {

/// Shares out the scoring of a generation over the ranks. Every rank remembers every score, so no subnet is scored twice
/// in a search.
class Scorer {
 public:
  Scorer(mpi::Communicator const& comm, Fitness& fitness) : comm_(comm), fitness_(fitness) {}

  /// Fitness of each genes. All ranks pass the same genes and get the same numbers. Collective.
  /// @throws on every rank what the fitness throws on one; Error(numeric) when a fitness is not finite.
  std::vector<double> score(std::span<space::Genes const> genes);

  std::uint64_t num_evaluated() const { return known_.size(); }  ///< distinct subnets so far, on all ranks together
  Fitness& fitness() const { return fitness_; }

 private:
  struct Hash {
    std::size_t operator()(space::Genes const& genes) const noexcept;
  };
  mpi::Communicator const& comm_;
  Fitness& fitness_;
  std::unordered_map<space::Genes, double, Hash> known_;
};

}  // namespace apq::search
