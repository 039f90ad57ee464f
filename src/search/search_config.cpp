#include "search/search_config.hpp"

#include "common/core/error.hpp"

namespace apq::search {
namespace {

LimitRequest read_limit(Config section) {
  LimitRequest request{};
  auto const name = section.get<std::string>("metric");
  try {
    request.metric = cost::metric_from_name(name);
  } catch (Error const& e) {
    section.fail("metric", e.what());
  }
  if (section.has("limit") == section.has("quantile"))
    section.fail("metric", "needs either limit (in the metric's unit) or quantile (share of random subnets that cost less)");
  if (section.has("limit")) {
    request.value = section.get<double>("limit");
    if (!(*request.value > 0)) section.fail("limit", "must be positive");
  } else {
    request.quantile = section.get<double>("quantile", {0.0, 1.0});
  }
  return request;
}

}  // namespace

SearchConfig read_search_config(Config section) {
  SearchConfig config;
  auto& e = config.evolution;
  e.population = section.get_or<int>("population", e.population, {1, 1 << 22});
  e.parents = section.get_or<int>("parents", e.parents, {1, 1 << 22});
  e.mutants = section.get_or<int>("mutants", e.mutants, {0, 1 << 22});
  e.crossovers = section.get_or<int>("crossovers", e.crossovers, {0, 1 << 22});
  e.generations = section.get_or<int>("generations", e.generations, {0, 1 << 20});
  e.mutation_rate = section.get_or<double>("mutation_rate", e.mutation_rate, {0.0, 1.0});
  if (e.parents > e.population) section.fail("parents", "is more than search.population");
  if (section.choice_or("fidelity", "corrected", {"corrected", "release"}) == "release") e.slips = ReleaseSlips::all();
  config.fitness = section.choice_or("fitness", config.fitness, {"predictor", "measured"});
  if (section.has("constraints"))
    for (auto& item : section.sections("constraints")) {
      ScenarioRequest request{{read_limit(item)}, item.where("metric")};
      if (item.has("also"))
        for (auto& other : item.sections("also")) request.limits.push_back(read_limit(other));
      config.scenarios.push_back(std::move(request));
    }
  return config;
}

}  // namespace apq::search
