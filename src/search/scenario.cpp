#include "search/scenario.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::search {

double cost_quantile(space::SearchSpace const& space, cost::CostModel const& cost_model, cost::Metric metric, double quantile,
                     std::uint64_t seed) {
  constexpr std::size_t num_draws = 1000;
  std::vector<double> costs;
  for (std::uint64_t i = 0; i < num_draws; ++i) {
    RandomStream random(seed, "search.quantile", i);
    costs.push_back(cost::value_of(cost_model(space::random_genes(space, random, true)), metric));
  }
  std::sort(costs.begin(), costs.end());
  return costs[static_cast<std::size_t>(quantile * static_cast<double>(num_draws - 1))];
}

std::vector<Scenario> resolve_scenarios(space::SearchSpace const& space, cost::CostModel const& cost_model,
                                        std::vector<ScenarioRequest> const& requests, std::uint64_t seed) {
  if (requests.empty())
    throw Error(Errc::config, "search.constraints: is empty; give at least one, e.g. - {metric: latency_ms, quantile: 0.3}");
  Domain const domain(space);
  std::vector<Scenario> scenarios;
  for (auto const& request : requests) {
    if (request.limits.empty())
      throw Error(Errc::config, request.where + ": has no limit; give at least one, e.g. {metric: latency_ms, quantile: 0.3}");
    Limits limits;
    for (auto const& limit : request.limits)
      limits.push_back({limit.metric, limit.value ? *limit.value : cost_quantile(space, cost_model, limit.metric, *limit.quantile, seed)});
    auto fallback = feasible_member(domain, cost_model, limits, request.where);
    scenarios.push_back({request, std::move(limits), std::move(fallback)});
  }
  return scenarios;
}

std::string winner_name(Limits const& limits) {
  std::string name;
  for (auto const& limit : limits) name += fmt::format("{}{}_{}", name.empty() ? "" : "+", cost::name_of(limit.metric), limit.value);
  return name;
}

std::vector<std::string> winner_names(std::span<Limits const> limits) {
  std::vector<std::string> names;
  std::map<std::string, int> count;
  for (auto const& each : limits) {
    auto name = winner_name(each);
    int const number = ++count[name];
    names.push_back(number == 1 ? std::move(name) : fmt::format("{}_{}", name, number));
  }
  return names;
}

}  // namespace apq::search
