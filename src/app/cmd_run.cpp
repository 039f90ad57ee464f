#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/report_stage.hpp"
#include "study/pipeline.hpp"

namespace apq::app {

Body add_run(CLI::App& app) {
  auto const options = add_experiment_options(app);
  auto const pipeline = std::make_shared<study::PipelineOptions>();
  app.add_option("--until", pipeline->until, "Last stage: supernet, collect.fp, collect.quant, train, search, verify or report");
  app.add_option("--redo", pipeline->redo, "A stage to do again although nothing changed");
  app.footer(
      "Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml --set study.dir=runs/mine\n"
      "What is there for the same inputs is not done again; what changed is told by name. The report is report.html in the study's "
      "directory.");
  return [options, pipeline](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    study::StudyRun run(world, experiment);
    study::run_pipeline(run, *pipeline, [&] { report_stage(run); });
    return 0;
  };
}

}  // namespace apq::app
