#pragma once

#include "study/study_run.hpp"

namespace apq::study {

/// Begins the work of a run that was admitted (admission.hpp): the job joins the study, whose directory is made, and whose config.yaml
/// becomes this experiment's. Beside other jobs only that may change which none of them works with or worked with: more samples, and
/// what later stages than theirs read. Where something else changed it waits until it is known whether those jobs still work. Collective.
/// @throws Error(data) naming the job at work, the setting and both values, before anything is written; Error(io | stopped).
void open_study(StudyRun& run);

/// The first setting that may not change beside a job that works on `stage` (empty: it has only begun), with both values: "train.hidden =
/// 16, not 20". Empty: there is none.
std::string conflict_beside(Settings const& before, Settings const& now, std::string const& stage);

}  // namespace apq::study
