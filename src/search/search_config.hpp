#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "search/constraint.hpp"
#include "search/evolution.hpp"

namespace apq::search {

/// One limit as written: a value, or the share of random quantised subnets that shall cost less.
struct LimitRequest {
  cost::Metric metric;
  std::optional<double> value, quantile;
};

/// One scenario as written, with where it stands in the file (for messages).
struct ConstraintRequest {
  std::vector<LimitRequest> limits;
  std::string where;
};

/// Section `search` of an experiment.
struct SearchConfig {
  EvolutionConfig evolution;
  std::string fitness = "predictor";  ///< predictor | measured
  std::vector<ConstraintRequest> constraints;
};

/// Keys population, parents, mutants, crossovers, generations, mutation_rate, fitness, fidelity (corrected | release) and
/// constraints: a list of {metric, limit} or {metric, quantile}; `also: [{metric, limit}, ...]` adds limits that hold together
/// with the first. @throws Error(config) with file:line.
SearchConfig read_search_config(Config section);

}  // namespace apq::search
