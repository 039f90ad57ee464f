#pragma once

#include <string>
#include <vector>

#include "study/artefact.hpp"

namespace apq::study {

/// A row of the table of stages: its name, and all that its result depends on.
struct Stage {
  std::string name;                   ///< "collect.fp"
  std::vector<std::string> settings;  ///< keys and sections of the configuration that it reads (settings.hpp: selected); "": all
  std::vector<Artefact> reads;
  std::vector<Artefact> writes;
  bool takes_what_is_there = false;  ///< what it reads may be missing: a report of a part of a study
  int version = 1;                   ///< of what it computes: raised when the same inputs give another result
};

/// What the format of its results is: its own version, then those of the records and shards that it writes: "1, search.json 1, ...".
std::string format_of(Stage const& stage);

/// The stages of a study, in the order in which they run. Which there are and what they read follows from the settings: a supernet that
/// is given is not trained; a search that measures reads images where one that predicts reads a predictor.
std::vector<Stage> stages_of(Settings const& settings);

/// The stage of that name. @throws Error(config) listing the names.
Stage const& stage_named(std::vector<Stage> const& stages, std::string const& name);

}  // namespace apq::study
