#include "study/train_command.hpp"

#include "common/mpi/collectives.hpp"
#include "study/predictors.hpp"
#include "study/stage_guard.hpp"

namespace apq::study {

Training trained(StudyRun& run) {
  train_stage(run);
  Training training;
  mpi::collectively(run.comm, [&] { training = read_training(run.experiment.layout.train_metrics()); });
  return training;
}

Training train_apart(StudyRun& run, TrainRequest const& request) {
  auto const& e = run.experiment;
  auto config = e.train;
  config.train_rows = request.train_rows;
  auto const which = request.stage == "fp" ? Predictors::fp : request.stage == "quant" ? Predictors::quant : Predictors::all;
  h5::Dataset const none;
  auto const& fp = which == Predictors::quant ? none : run.rows("fp");
  auto const& quant = which == Predictors::fp ? none : run.rows("quant");
  std::optional<StageGuard> guard;
  if (!request.explores) {
    run.join();
    run.job().begin_stage("train");
    guard.emplace(run.job(), "train");
  }
  return train_predictors(run.comm, e.space, e.layout, {&fp, &quant}, config, request.seed, which,
                          request.explores ? Keep::nothing : Keep::files);
}

}  // namespace apq::study
