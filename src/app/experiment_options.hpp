#pragma once

#include <memory>

#include <CLI/CLI.hpp>

#include "study/experiment.hpp"

namespace apq::app {

/// The options that every command working on an experiment shares.
struct ExperimentOptions : study::ExperimentSource {
  bool print_config = false, print_reference = false, check = false;
  std::string time_left;  ///< of the job, for JobScope; empty: the scheduler is asked
  std::string until;      ///< the last stage that the command may run, for --check; empty: all
};
std::shared_ptr<ExperimentOptions> add_experiment_options(CLI::App& app);

/// Handles --print-config, --print-reference and --check: true when the command has nothing left to do. Collective over `comm`.
bool answered(mpi::Communicator const& comm, study::Experiment const& experiment, ExperimentOptions const& options);

}  // namespace apq::app
