#include <cstdio>

#include <fmt/format.h>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "study/admission.hpp"
#include "study/result_text.hpp"
#include "study/train_command.hpp"

namespace apq::app {
namespace {

struct TrainOptions {
  std::string stage = "all", format = "table";
  int train_rows = 0;
  std::uint64_t seed = 0;
};

}  // namespace

Body add_train(CLI::App& app) {
  auto const experiment_options = add_experiment_options(app);
  auto const options = std::make_shared<TrainOptions>();
  app.add_option("--stage", options->stage, "fp: full precision; quant: transferred from predictor.pt, and from scratch; all: both")
      ->check(CLI::IsMember({"fp", "quant", "all"}))
      ->capture_default_str();
  app.add_option("--train-rows", options->train_rows, "Train on only so many rows of each stage (0: all); the held-out rows stay the same")
      ->check(within(0, 1'000'000'000));
  auto* const seed =
      app.add_option("--seed", options->seed, "Seed of splits and initial weights (default: the study's)")->check(any_seed());
  app.add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq train --study runs/quickstart --stage all\n"
      "With --train-rows or --seed figures are printed and nothing is replaced. Else writes predictor.pt, predictor_quant.pt, "
      "predictor_quant_scratch.pt and train.json into the "
      "study.");
  return [experiment_options, options, seed](mpi::Communicator const& world) {
    auto experiment = study::load_experiment(world, *experiment_options);
    if (answered(world, experiment, *experiment_options)) return 0;
    JobScope const job(world, experiment, experiment_options->time_left);
    study::StudyRun run(world, experiment);
    study::admit(run, study::Looks::at_settings);
    bool const explores = options->train_rows > 0 || seed->count() > 0;
    auto const training = options->stage == "all" && !explores
                              ? study::trained(run)
                              : study::train_apart(run, {.stage = options->stage,
                                                         .train_rows = options->train_rows,
                                                         .seed = seed->count() ? options->seed : experiment.seed,
                                                         .explores = explores});
    if (world.is_root()) {
      print(options->format == "json" ? study::to_json(training).dump(2) + "\n" : study::table_of(training));
      std::fflush(stdout);
    }
    return 0;
  };
}

}  // namespace apq::app
