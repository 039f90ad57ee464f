#pragma once

#include <vector>

#include "common/mpi/communicator.hpp"
#include "search/evolution.hpp"
#include "search/scenario.hpp"

namespace apq::search {

/// What the search found under one scenario.
struct ScenarioResult {
  Scenario scenario;
  Candidate winner;
  std::vector<GenerationRecord> history;
};

struct SearchOutcome {
  std::vector<ScenarioResult> results;  ///< in the order of the configuration
  std::vector<Candidate> front;         ///< non-dominated in accuracy and any one metric, best first
  std::uint64_t num_evaluated = 0;
  // How long it took, for the log: no part of what was found.
  double seconds = 0;
  PartTimes times;  ///< of this rank
};

/// Searches under every scenario. They run from the tightest to the loosest, and each begins with what the earlier ones and the
/// collected samples offer, so a looser limit of one metric never gives a lower fitness.
/// @param scenarios  of resolve_scenarios(), the same on all ranks.
/// @param initial    genes to begin with, e.g. the best collected samples, best first.
/// Collective over `comm`; the outcome is the same for any number of ranks but for `seconds` and `times`.
SearchOutcome run_search(mpi::Communicator const& comm, space::SearchSpace const& space, cost::CostModel const& cost_model,
                         Fitness& fitness, EvolutionConfig const& config, std::vector<Scenario> scenarios, std::uint64_t seed,
                         std::vector<space::Genes> const& initial);

}  // namespace apq::search
