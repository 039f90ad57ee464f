#include "study/train_command.hpp"

#include <optional>

#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/mpi/collectives.hpp"
#include "study/stage_guard.hpp"
#include "train/train_stage.hpp"

namespace apq::study {

nlohmann::json trained(StudyRun& run) {
  train_stage(run);
  std::string text;
  mpi::collectively(run.comm, [&] { text = read_file(run.experiment.layout.train_metrics()); });
  return nlohmann::json::parse(text);
}

nlohmann::json train_apart(StudyRun& run, TrainRequest const& request) {
  auto const& e = run.experiment;
  auto config = e.train;
  config.train_rows = request.train_rows;
  auto const stages = request.stage == "fp"      ? train::TrainStages::fp
                      : request.stage == "quant" ? train::TrainStages::quant
                                                 : train::TrainStages::all;
  h5::Dataset const none;
  auto const& fp = stages == train::TrainStages::quant ? none : run.rows("fp");
  auto const& quant = stages == train::TrainStages::fp ? none : run.rows("quant");
  std::optional<StageGuard> guard;
  if (!request.explores) guard.emplace(run.comm, e.layout);
  return train::run_train_stage(run.comm, e.space, e.layout, {&fp, &quant}, config, request.seed, stages,
                                request.explores ? train::Keep::nothing : train::Keep::files);
}

}  // namespace apq::study
