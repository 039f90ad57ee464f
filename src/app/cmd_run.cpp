#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "app/report_stage.hpp"
#include "app/reproduction.hpp"
#include "common/core/atomic_file.hpp"
#include "study/pipeline.hpp"

namespace apq::app {

Body add_run(CLI::App& app) {
  auto const options = add_experiment_options(app);
  auto const redo = std::make_shared<std::string>();
  app.add_option("--until", options->until, "Last stage: supernet, collect.fp, collect.quant, train, search, verify or report");
  app.add_option("--redo", *redo, "A stage to do again although nothing changed");
  auto const retries = std::make_shared<bool>(false);
  auto const finished = std::make_shared<std::filesystem::path>();
  app.add_option("--finished", *finished, "A file to leave, empty, once all is done; for scripts whose launcher's status tells too little");
  app.add_flag("--retry-quarantined", *retries, "Try samples again that could not be labelled");
  app.add_option("--reproduce", options->reproduce,
                 "Do the study of a record of `apq data provenance` again, in study.dir (default: DIR-again), and compare; 1: it came out "
                 "otherwise")
      ->excludes("--config");
  auto const against = std::make_shared<std::filesystem::path>();
  app.add_option("--against", *against, "Rows to compare with (default: the directory of the record's study): a study or published folder")
      ->needs("--reproduce");
  app.footer(
      "Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml --set study.dir=runs/mine\n"
      "What is there for the same inputs is not done again; what changed is told by name. The report is report.html in the study's "
      "directory.");
  return [options, redo, retries, finished, against](mpi::Communicator const& world) {
    Reproduction const reproduction(world, *options, *against);
    auto const experiment = study::load_experiment(world, *options);
    reproduction.require_another(world, experiment.layout);
    if (answered(world, experiment, *options)) return 0;
    JobScope const job(world, experiment, options->time_left);
    study::StudyRun run(world, experiment);
    auto const quarantined = *retries ? study::Quarantined::retried : study::Quarantined::left;
    study::run_pipeline(run, {options->until, *redo, quarantined}, [&](study::Redo again) { report_stage(run, again); });
    bool const is_reproduced = reproduction.is_reproduced(world, experiment.layout);
    if (world.is_root() && !finished->empty()) replace_file(*finished, "");
    return is_reproduced ? 0 : 1;
  };
}

}  // namespace apq::app
