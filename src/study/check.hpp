#pragma once

#include <string>

#include "study/study_run.hpp"

namespace apq::study {

/// Finds what is known to fail from the configuration and its inputs alone: images that do not fit, weights of another space or with
/// values that are not finite, a cost model that cannot be made, limits that nothing meets, too few samples to train on, an engine or a
/// meter that is not there, ranks with other engines than the rest. Seconds; nothing is written. Collective. @throws what the stage would
/// throw.
/// @param until  the last stage that will run, empty: all; what only later ones ask is not asked.
void check_inputs(StudyRun& run, std::string const& until = {});

}  // namespace apq::study
