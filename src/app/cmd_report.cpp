#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "app/report_stage.hpp"

namespace apq::app {

Body add_report(CLI::App& app) {
  auto const options = add_experiment_options(app);
  app.footer("Example:\n  apq report --study runs/quickstart\nParts that are not there yet say which command makes them.");
  return [options](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    study::require_study(world, experiment.layout);
    JobScope const job(world, experiment, options->time_left);
    study::StudyRun run(world, experiment);
    report_stage(run);
    return 0;
  };
}

}  // namespace apq::app
