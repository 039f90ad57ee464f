#include "app/experiment_options.hpp"

#include <fmt/format.h>

#include "app/print.hpp"
#include "common/core/printable.hpp"
#include "common/mpi/collectives.hpp"
#include "study/admission.hpp"
#include "study/check.hpp"
#include "study/configuration_reference.hpp"

namespace apq::app {

std::shared_ptr<ExperimentOptions> add_experiment_options(CLI::App& app) {
  auto options = std::make_shared<ExperimentOptions>();
  app.add_option("--config", options->config, "Experiment file (YAML)");
  app.add_option("--study", options->study, "Study directory; without --config its own config.yaml is read");
  app.add_option("--set", options->assignments, "Override a key, e.g. --set collect.fp.samples=1000 (repeatable)")->allow_extra_args(false);
  app.add_option("--time-left", options->time_left,
                 "Until the job ends, seconds or HH:MM:SS: what would take longer is not begun (default: Slurm is asked)");
  app.add_flag("--print-config", options->print_config, "Print the configuration with all defaults, every key explained, then stop");
  app.add_flag("--print-reference", options->print_reference, "Print docs/configuration.md, then stop")->group("");  // not in --help
  app.add_flag("--check", options->check, "Check the configuration and its inputs, then stop");
  return options;
}

bool answered(mpi::Communicator const& comm, study::Experiment const& experiment, ExperimentOptions const& options) {
  if (!options.print_config && !options.print_reference && !options.check) return false;
  if (options.check) {
    study::StudyRun run(comm, experiment);
    mpi::collectively(comm, [&] {
      if (!options.until.empty() && options.until != "supernet") study::stage_named(run.stages, options.until);
    });
    study::check_inputs(run, options.until);
    study::admit(run, study::Looks::at_labels_before_training);
  }
  if (comm.is_root()) {
    if (options.print_reference) print(study::configuration_reference());
    else if (options.print_config) print(experiment.commented);
    else fmt::print("{}: the configuration and its inputs are sound\n", printable(experiment.name));
  }
  return true;
}

}  // namespace apq::app
