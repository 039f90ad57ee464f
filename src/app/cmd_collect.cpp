#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "study/admission.hpp"
#include "study/open_study.hpp"
#include "study/stages.hpp"

namespace apq::app {

Body add_collect(CLI::App& app) {
  auto const options = add_experiment_options(app);
  options->until = "collect.quant";
  auto const stage = std::make_shared<std::string>("all");
  app.add_option("--stage", *stage, "fp: full precision; quant: with bit policies; all: one after the other")
      ->check(CLI::IsMember({"fp", "quant", "all"}))
      ->capture_default_str();
  auto const retries = std::make_shared<bool>(false);
  app.add_flag("--retry-quarantined", *retries, "Try samples again that could not be labelled");
  app.footer(
      "Example:\n  mpirun -n 64 apq collect --config configs/quickstart.yaml --stage fp --set collect.fp.samples=80000\n"
      "A collection that was stopped goes on with any number of ranks; only what is missing is done.");
  return [options, stage, retries](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    JobScope const job(world, experiment, options->time_left);
    study::StudyRun run(world, experiment);
    study::admit(run, study::Looks::at_labels);
    study::open_study(run);
    auto const quarantined = *retries ? study::Quarantined::retried : study::Quarantined::left;
    for (auto const* name : {"fp", "quant"})
      if (*stage == name || *stage == "all") study::collect_stage(run, name, quarantined);
    return 0;
  };
}

}  // namespace apq::app
