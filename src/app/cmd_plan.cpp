#include <cstdio>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "study/check.hpp"
#include "study/plan_text.hpp"

namespace apq::app {
namespace {

struct Options {
  std::vector<int> ranks{1, 2, 16, 64, 256};
  int ranks_per_node = 0;
  study::MeasureOptions measure;
  std::string format = "table";
};

int plan(mpi::Communicator const& world, study::Experiment const& experiment, Options const& o) {
  auto const node_ranks = world.node().size();
  study::StudyRun run(world, experiment);
  study::check_inputs(run);
  auto const measured = study::measure_work(run, o.measure);
  if (!world.is_root()) return 0;
  study::PlanView const view{o.ranks, world.size(), o.ranks_per_node > 0 ? o.ranks_per_node : node_ranks};
  print((o.format == "json" ? study::plan_json : study::plan_table)(experiment, measured, view));
  return 0;
}

}  // namespace

Body add_plan(CLI::App& app) {
  auto const options = add_experiment_options(app);
  auto const o = std::make_shared<Options>();
  app.add_option("--ranks", o->ranks, "Numbers of ranks to plan for")->delimiter(',')->check(within(1, 10'000'000))->capture_default_str();
  app.add_option("--ranks-per-node", o->ranks_per_node, "For the memory of a node (default: as many as run now on this one)")
      ->check(within(1, 10'000));
  app.add_option("--samples", o->measure.samples, "Samples of each kind to measure")->check(within(1, 1000))->capture_default_str();
  app.add_option("--images", o->measure.images, "Images of each split to measure them on, at most")
      ->check(within(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--format", o->format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq plan --config configs/imagenet.yaml --ranks 16,64,256\n"
      "Does a little of every stage and says what the study will take; starts nothing and writes nothing.");
  return [options, o](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    JobScope const job(world, experiment, options->time_left);
    return plan(world, experiment, *o);
  };
}

}  // namespace apq::app
