#pragma once

#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "search/evolution_config.hpp"
#include "search/scenario_request.hpp"

namespace apq::search {

/// Section `search` of an experiment.
struct SearchConfig {
  EvolutionConfig evolution;
  std::string fitness = "predictor";  ///< predictor | measured
  std::vector<ScenarioRequest> scenarios;
};

/// Keys population, parents, mutants, crossovers, generations, mutation_rate, fitness, fidelity (corrected | release) and
/// constraints: a list of {metric, limit} or {metric, quantile}; `also: [{metric, limit}, ...]` adds limits that hold together
/// with the first. @throws Error(config) with file:line.
SearchConfig read_search_config(Config section);

}  // namespace apq::search
