#pragma once

#include <vector>

#include "common/mpi/communicator.hpp"
#include "search/evolution.hpp"
#include "search/search_config.hpp"

namespace apq::search {

/// What the search found under one constraint.
struct Scenario {
  ConstraintRequest request;
  Constraint constraint;  ///< resolved limits
  Candidate winner;
  std::vector<GenerationRecord> history;
};

struct SearchOutcome {
  std::vector<Scenario> scenarios;  ///< in the order of the configuration
  std::vector<Candidate> front;     ///< non-dominated in accuracy and any one metric, best first
  std::uint64_t num_evaluated = 0;
  double seconds = 0;
  PartTimes times;  ///< of this rank
};

/// Searches under every constraint of the configuration. Scenarios run from the tightest to the loosest, and each begins with what
/// the earlier ones and the collected samples offer, so a looser limit of one metric never gives a lower fitness.
/// @param initial  genes to begin with, e.g. the best collected samples, best first.
/// Collective over `comm`; the outcome is the same for any number of ranks but for `seconds` and `times`.
/// @throws Error(config) without constraints; Error(numeric) for an infeasible one, naming the smallest feasible cost.
SearchOutcome run_search(mpi::Communicator const& comm, space::SearchSpace const& space, cost::CostModel const& cost_model,
                         Fitness& fitness, SearchConfig const& config, std::uint64_t seed, std::vector<space::Genes> const& initial);

/// Cost below which a share `quantile` of 1000 seeded random quantised subnets lies.
double cost_quantile(space::SearchSpace const& space, cost::CostModel const& cost_model, cost::Metric metric, double quantile,
                     std::uint64_t seed);

}  // namespace apq::search
