#pragma once

#include "study/study_run.hpp"

namespace apq::study {

/// Finds what is known to fail from the configuration and its inputs alone: images that do not fit, weights of another space or with
/// values that are not finite, a cost model that cannot be made, limits that nothing meets, too few samples to train on, an engine or a
/// meter that is not there. Seconds; nothing is written. Collective. @throws what the stage would throw.
void check_inputs(StudyRun& run);

}  // namespace apq::study
