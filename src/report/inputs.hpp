#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "common/cost/cost_model.hpp"
#include "common/energy/ledger.hpp"
#include "common/h5/dataset.hpp"
#include "common/space/search_space.hpp"
#include "study/records/search.hpp"
#include "study/records/training.hpp"
#include "study/records/verification.hpp"

namespace apq::report {

using study::Counts, train::Estimate;

/// What the study is called and set to now.
struct StudyIdentity {
  std::string name;
  std::uint64_t seed = 1;
  std::string config;                                       ///< resolved, YAML
  std::uint64_t fp_samples = ~0ull, quant_samples = ~0ull;  ///< that are asked for: others do not count
  std::vector<std::string> unlabelled = {};                 ///< sentences on samples that have no label
};

struct Collected {
  h5::Dataset dataset;
  std::string content_hash;
  std::vector<cost::Cost> costs;  ///< of each row
};

/// Everything that a study's directory holds, as far as it is there.
struct Inputs {
  std::string study, directory, config;  ///< name; path; resolved configuration, YAML
  std::uint64_t seed = 1;
  std::vector<std::string> stale;       ///< sentences: "search is stale: cost.hardware changed"
  std::vector<std::string> unlabelled;  ///< sentences: "fp: 2 samples could not be labelled: 17 (...), 21 (...)"
  space::SearchSpace space;
  std::string cost_description;
  Collected fp, quant;
  study::Training training;
  std::optional<study::Search> search;
  study::Verification verification;
  std::vector<energy::StageCost> ledger;
  std::vector<energy::StageRun> runs;  ///< of which the ledger is made
};

/// Reads a study; absent parts stay empty. Local.
/// @param stale  what of it does not fit the rest, a sentence each, for the page to say.
/// @throws Error(data) naming the file where one is damaged; Error(io) when the directory is not
/// there.
Inputs load(StudyLayout const& layout, StudyIdentity const& identity, space::SearchSpace const& space, cost::CostModel const& cost_model,
            std::vector<std::string> stale);

}  // namespace apq::report
