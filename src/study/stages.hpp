#pragma once

#include <filesystem>
#include <string>

#include "study/run_stage.hpp"

// The bodies of a study's stages, each run as a row of the table (run_stage.hpp): what is there for the same inputs is left alone. All are
// collective over the run's communicator.
namespace apq::study {

/// Trains the study's supernet.
void supernet_stage(StudyRun& run, Redo redo = Redo::when_needed);
/// The same into any file; no stage of the study.
/// @param may_write, saved  as of train::train_supernet.
void train_supernet_to(StudyRun& run, std::filesystem::path const& file, std::function<bool()> const& may_write = {},
                       std::function<void()> const& saved = {});

enum class Quarantined { left, retried };

/// Labels the samples of "fp" or "quant" that are missing; those in quarantine only where they are to be tried again.
void collect_stage(StudyRun& run, std::string const& stage, Quarantined quarantined = Quarantined::left);

/// Fits the full-precision predictor, the transferred one and the one from scratch.
void train_stage(StudyRun& run, Redo redo = Redo::when_needed);

/// Searches under every limit; writes search.json, search.h5 and the winners.
void search_stage(StudyRun& run, Redo redo = Redo::when_needed);

/// Evaluates the winners, and the best collected samples under the same limits, on the test split: the one time that split is used.
/// Writes winners.json.
void verify_stage(StudyRun& run, Redo redo = Redo::when_needed);

}  // namespace apq::study
