#pragma once

#include <functional>
#include <string>

#include "study/stages.hpp"

namespace apq::study {

/// How far a run of all stages goes, and what it does again.
struct PipelineOptions {
  std::string until;  ///< the last stage; empty: all
  std::string redo;   ///< a stage that is done again although nothing changed; empty: none
  Quarantined quarantined = Quarantined::left;
};

/// All stages of a study in their order, after everything that can be known at the start was checked: an experiment that is refused leaves
/// the study as it was. Collective.
/// @param report  the last stage's body, which lies in a room above.
/// @throws Error(config) for an unknown stage, one whose labels would be made again, or one to redo after the last; what checks and
///         stages throw.
void run_pipeline(StudyRun& run, PipelineOptions const& options, std::function<void(Redo)> const& report);

}  // namespace apq::study
