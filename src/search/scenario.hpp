#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "search/feasible_member.hpp"
#include "search/scenario_request.hpp"

namespace apq::search {

/// What one search of a study looks for: the best network under limits that some network meets.
struct Scenario {
  ScenarioRequest request;
  Limits limits;          ///< the request's, quantiles replaced by values
  space::Genes fallback;  ///< a subnet that meets them
};

/// Replaces quantiles by values and checks the limits: all that a search could refuse is refused here, from the settings alone.
/// Well below a second also for large spaces. Local, a pure function.
/// @throws Error(config) when there is no request, or one without limits; Error(numeric) starting with the request's `where` when no
///         subnet meets a limit, naming the smallest feasible cost, or when none was found that meets all limits of a scenario.
std::vector<Scenario> resolve_scenarios(space::SearchSpace const& space, cost::CostModel const& cost_model,
                                        std::vector<ScenarioRequest> const& requests, std::uint64_t seed);

/// Cost below which a share `quantile` of 1000 seeded random quantised subnets lies.
double cost_quantile(space::SearchSpace const& space, cost::CostModel const& cost_model, cost::Metric metric, double quantile,
                     std::uint64_t seed);

/// "latency_ms_0.25", "latency_ms_0.25+macs_1000000": with as many digits as tell the values from all others; safe as a file's name.
std::string winner_name(Limits const& limits);
/// Names of the scenarios' winners, in their order. Where several have the same limits, the later ones are numbered: "..._2".
std::vector<std::string> winner_names(std::span<Limits const> limits);

}  // namespace apq::search
