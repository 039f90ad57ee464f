#include <fmt/format.h>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/report_stage.hpp"
#include "common/core/log.hpp"
#include "study/stages.hpp"

namespace apq::app {

Body add_run(CLI::App& app) {
  auto const options = add_experiment_options(app);
  app.footer(
      "Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml --set study.dir=runs/mine\n"
      "The report is report.html in the study's directory.");
  return [options](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    study::open_study(world, experiment);
    if (experiment.supernet_weights.empty()) study::train_supernet_stage(world, experiment, {});
    study::collect_stage(world, experiment, "fp");
    study::collect_stage(world, experiment, "quant");
    study::train_stage(world, experiment);
    study::search_stage(world, experiment);
    study::verify_stage(world, experiment);
    report_stage(world, experiment);
    return 0;
  };
}

}  // namespace apq::app
