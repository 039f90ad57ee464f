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

/// @throws Error(config) with file:line.
SearchConfig read_search_config(Config section);

}  // namespace apq::search
