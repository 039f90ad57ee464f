#pragma once

#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "search/evolution_config.hpp"
#include "search/scenario_request.hpp"

namespace apq::search {

/// What the search maximises.
enum class FitnessKind {
  predictor,  ///< accuracy as the quantised predictor has it
  measured    ///< accuracy on the validation images
};
inline constexpr EnumNames<FitnessKind, 2> fitness_kind_names({{FitnessKind::predictor, "predictor"}, {FitnessKind::measured, "measured"}});

/// Section `search` of an experiment.
struct SearchConfig {
  EvolutionConfig evolution;
  FitnessKind fitness = FitnessKind::predictor;
  std::vector<ScenarioRequest> scenarios;
};

namespace detail {

inline LimitRequest read_limit(Config section) {
  std::vector<std::string> names;
  for (auto const& row : cost::metrics) names.emplace_back(row.name);
  LimitRequest request{};
  request.metric = cost::metric_from_name(section.choice("metric", names, {"The cost that is limited"}));
  if (section.has("limit") == section.has("quantile"))
    section.fail("metric", "needs either limit (in the metric's unit) or quantile (share of random subnets that cost less)");
  if (section.has("limit")) {
    request.value = section.get<double>("limit", {"The most that a winner may cost; positive", "of the metric", "required, or quantile"});
    if (!(*request.value > 0)) section.fail("limit", "must be positive");
  } else {
    request.quantile = section.get<double>(
        "quantile", {0.0, 1.0}, {"Instead of a limit: the share of random quantised subnets that cost less", "", "required, or limit"});
  }
  return request;
}

}  // namespace detail

/// @throws Error(config) with file:line.
inline SearchConfig read_search_config(Config section) {
  SearchConfig config;
  auto& e = config.evolution;
  e.population = section.get_or<int>("population", e.population, {1, 1 << 22}, {"Subnets of the first generation", "subnets"});
  e.parents =
      section.get_or<int>("parents", e.parents, {1, 1 << 22}, {"The best so many survive a generation and have children", "subnets"});
  e.mutants = section.get_or<int>("mutants", e.mutants, {0, 1 << 22}, {"Children of a generation by mutation", "subnets"});
  e.crossovers = section.get_or<int>("crossovers", e.crossovers, {0, 1 << 22}, {"Children of a generation by crossover", "subnets"});
  e.generations = section.get_or<int>("generations", e.generations, {0, 1 << 20}, {"Generations after the first", "generations"});
  e.mutation_rate = section.get_or<double>("mutation_rate", e.mutation_rate, {0.0, 1.0},
                                           {"Probability that a gene of a mutant changes; 0: three changes are expected"});
  if (e.parents > e.population) section.fail("parents", "is more than search.population");
  auto const slips = section.choice_or("fidelity", SlipsKind::corrected, slips_kind_names,
                                       {"How the evolution works: as intended, or with the released code's slips (docs/fidelity.md)"});
  if (slips == SlipsKind::release) e.slips = ReleaseSlips::all();
  config.fitness = section.choice_or("fitness", config.fitness, fitness_kind_names,
                                     {"What is maximised: predicted accuracy, or accuracy measured on the validation images"});
  if (section.has("constraints"))
    for (auto& item : section.sections("constraints", {"A list of limits; each is searched for on its own and has a winner"})) {
      ScenarioRequest request{{detail::read_limit(item)}, item.where("metric")};
      if (item.has("also"))
        for (auto& other : item.sections("also", {"Further limits that hold together with this one"}))
          request.limits.push_back(detail::read_limit(other));
      config.scenarios.push_back(std::move(request));
    }
  return config;
}

}  // namespace apq::search
