#pragma once

#include "study/run_stage.hpp"

namespace apq::app {

/// Writes report.html and its figures. Rank 0 works, the others wait.
void report_stage(study::StudyRun& run, study::Redo redo = study::Redo::when_needed);

}  // namespace apq::app
