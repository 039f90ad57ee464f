#include <fmt/format.h>

#include "app/command.hpp"
#include "app/experiment.hpp"
#include "app/stages.hpp"
#include "common/core/log.hpp"

namespace apq::app {

Body add_run(CLI::App& app) {
  auto const options = add_experiment_options(app);
  app.footer("Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml --set study.dir=runs/mine\n"
             "The report is report.html in the study's directory.");
  return [options](mpi::Communicator const& world) {
    auto const experiment = load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    open_study(world, experiment);
    if (experiment.supernet_weights.empty()) train_supernet_stage(world, experiment, {});
    collect_stage(world, experiment, "fp");
    collect_stage(world, experiment, "quant");
    train_stage(world, experiment);
    search_stage(world, experiment);
    verify_stage(world, experiment);
    report_stage(world, experiment);
    return 0;
  };
}

}  // namespace apq::app
