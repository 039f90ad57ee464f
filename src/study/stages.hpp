#pragma once

#include <filesystem>
#include <string>

#include "study/experiment.hpp"

// One function per stage of a study, as `apq run` chains them and the single commands call them. All are collective
// over `comm`; each adds what it cost to the study's ledger. A stage whose result is there already does nothing.
namespace apq::study {

/// Trains the supernet into `output` (empty: the study's supernet.pt).
void train_supernet_stage(mpi::Communicator const& comm, Experiment const& experiment, std::filesystem::path const& output);

/// Labels the samples of `stage` ("fp" or "quant") that are missing.
void collect_stage(mpi::Communicator const& comm, Experiment const& experiment, std::string const& stage);

/// Fits the full-precision predictor, the transferred one and the one from scratch.
void train_stage(mpi::Communicator const& comm, Experiment const& experiment);

/// Searches under every constraint; writes search.json, search.h5 and the winners.
void search_stage(mpi::Communicator const& comm, Experiment const& experiment);

/// Evaluates the winners, and the best collected samples under the same limits, on the test split: the one time that
/// split is used. Writes winners.json.
void verify_stage(mpi::Communicator const& comm, Experiment const& experiment);

}  // namespace apq::study
