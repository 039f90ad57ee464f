#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "study/admission.hpp"
#include "study/open_study.hpp"
#include "study/stages.hpp"

namespace apq::app {

Body add_supernet(CLI::App& app) {
  auto const options = add_experiment_options(app);
  options->until = "supernet";
  auto const output = std::make_shared<std::filesystem::path>();
  app.add_option("--output", *output, "Where the weights go (default: supernet.pt in the study)");
  app.footer(
      "Example:\n  mpirun -n 2 apq supernet --config configs/fashion_mnist_supernet.yaml --output data/fashion_mnist_supernet.pt\n"
      "A training that was stopped goes on from its last checkpoint.");
  return [options, output](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    JobScope const job(world, experiment, options->time_left);
    study::StudyRun run(world, experiment);
    if (!output->empty()) {
      study::train_supernet_to(run, *output);
      return 0;
    }
    study::admit(run, study::Looks::at_labels_before_training);
    study::open_study(run);
    study::supernet_stage(run);
    return 0;
  };
}

}  // namespace apq::app
