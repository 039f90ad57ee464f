#pragma once

#include <functional>
#include <string>

#include "study/study_run.hpp"

namespace apq::study {

/// What a stage does; false: nothing was left to do, and nothing is counted. Collective.
using StageBody = std::function<bool(energy::StageMeter& meter)>;

enum class Redo {
  when_needed,  ///< a stage whose inputs and outputs are as its stamp says is left alone
  always        ///< as it was asked for
};

/// Runs a row of the table: not at all where every input and every output is what its stamp says, else under its meter, saying why.
/// Jobs collect side by side; of any other stage one job at a time has the claim, the rest wait and then find it done. The stamp is written
/// last, so that a stage that ended early is done again; what it cost so far is in the ledger where all ranks ended it alike. Collective
/// over the run's communicator.
/// @throws what the body throws; Error(stopped) when the job has been asked to stop.
void run_stage(StudyRun& run, std::string const& stage, StageBody const& body, Redo redo = Redo::when_needed);

/// Why a stage would run now, empty: it would not. Local to root.
std::string why_needed(StudyRun& run, Stage const& stage);

}  // namespace apq::study
