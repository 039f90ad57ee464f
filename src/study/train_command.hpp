#pragma once

#include <string>

#include "study/records/training.hpp"
#include "study/stages.hpp"

namespace apq::study {

/// The training of the study's own table of stages, done where it is needed: what train.json says. Collective.
Training trained(StudyRun& run);

struct TrainRequest {
  std::string stage;   ///< fp | quant | all
  int train_rows = 0;  ///< 0: all
  std::uint64_t seed = 1;
  bool explores = false;  ///< figures only: no file of the study changes
};

/// Training beside the table: a look at fewer rows or another split, or one half of a study that has only this half. What it writes
/// bears no stamp, so that `apq run` makes it anew. Collective. @return what is said of the stages trained.
Training train_apart(StudyRun& run, TrainRequest const& request);

}  // namespace apq::study
