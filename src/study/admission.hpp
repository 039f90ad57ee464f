#pragma once

#include "study/study_run.hpp"

namespace apq::study {

/// Refuses an experiment that would change what may not change in a study that has labels: the seed, the space, and whatever its labels
/// were made with. Nothing is written. Collective.
/// @param looks_at_labels  also at the images, weights and evaluation settings, for commands that collect.
/// @throws Error(data) naming what differs, with both values.
void admit(StudyRun& run, bool looks_at_labels);

}  // namespace apq::study
