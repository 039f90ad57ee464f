#include "study/train_command.hpp"

#include <optional>
#include <vector>

#include <unistd.h>

#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "study/measured_work.hpp"
#include "study/predictors.hpp"
#include "study/stage_guard.hpp"

namespace apq::study {
namespace {

bool may_write_there(StudyRun const& run) {
  bool const may = run.comm.is_root() && ::access(run.experiment.layout.root.c_str(), W_OK | X_OK) == 0;
  return mpi::broadcast(run.comm, std::vector<int>{may ? 1 : 0}).front() == 1;
}

}  // namespace

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
  Training training;
  auto const train = [&](energy::StageMeter&) {
    training = train_predictors(run.comm, e.space, e.layout, {&fp, &quant}, config, request.seed, which,
                                request.explores ? Keep::nothing : Keep::files);
    return true;
  };
  // A look at a study of others: what it takes cannot be written down there.
  if (request.explores && !may_write_there(run)) {
    log::root().info("train: {} may not be written: what this takes is in no ledger", e.layout.root.string());
    return train_predictors(run.comm, e.space, e.layout, {&fp, &quant}, config, request.seed, which, Keep::nothing);
  }
  MeasuredWork const work{.stage = request.explores ? "train.explored" : "train"};
  run.join();
  run.job().begin_stage(work.stage);
  std::optional<StageGuard> guard;
  if (!request.explores) guard.emplace(run.job(), "train");
  measure(run, work, train);
  return training;
}

}  // namespace apq::study
