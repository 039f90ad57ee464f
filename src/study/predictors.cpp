#include "study/predictors.hpp"

#include <optional>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "train/predictor_training.hpp"

namespace apq::study {
namespace {

std::vector<h5::Row> const& checked_rows(h5::Dataset const& dataset, StudyLayout const& layout, std::string const& stage,
                                         space::SearchSpace const& space) {
  auto const directory = layout.shards(stage).string();
  if (dataset.rows.empty()) throw Error(Errc::data, fmt::format("{}: holds no rows; run `apq collect --stage {}` first", directory, stage));
  if (dataset.header.space_hash != space.hash)
    throw Error(Errc::data, fmt::format("{}: collected in space {} ({}), not {} ({}); use the study's own space file", directory,
                                        dataset.header.space_name, dataset.header.space_hash, space.name, space.hash));
  return dataset.rows;
}

}  // namespace

Training train_predictors(mpi::Communicator const& comm, space::SearchSpace const& space, StudyLayout const& layout, TrainRows const& rows,
                          train::TrainConfig const& config, std::uint64_t seed, Predictors which, Keep keep) {
  bool const do_fp = which != Predictors::quant, do_quant = which != Predictors::fp;
  std::vector<h5::Row> fp_rows, quant_rows;
  std::optional<train::AccuracyPredictor> full_precision;
  mpi::collectively(comm, [&] {
    if (do_fp) fp_rows = checked_rows(*rows.fp, layout, "fp", space);
    if (do_quant) quant_rows = checked_rows(*rows.quant, layout, "quant", space);
    if (do_fp) return;
    if (!std::filesystem::exists(layout.predictor_fp()))
      throw Error(Errc::data, fmt::format("{}: is missing, and the transfer starts from it; run `apq train --stage fp` first",
                                          layout.predictor_fp().string()));
    full_precision = train::AccuracyPredictor::load(layout.predictor_fp(), space::Encoding(space));
    if (full_precision->is_quantised())
      throw Error(Errc::data, fmt::format("{}: has a bit branch; a full-precision predictor is needed", layout.predictor_fp().string()));
  });

  Training fitted;
  auto const summary = [](train::Metrics const& m) {
    return fmt::format("Kendall tau {:.3f} [{:.3f}, {:.3f}], RMSE {:.2f} points", m.kendall_tau.value, m.kendall_tau.low,
                       m.kendall_tau.high, m.rmse_points.value);
  };
  if (do_fp) {
    auto trained = train::train_fp(comm, space, fp_rows, config, seed);
    log::root().info("train fp: {} rows, {} held out; {}", trained.report.train_rows, trained.report.verdict.held_out.size(),
                     summary(trained.report.verdict.metrics));
    fitted.fp = std::move(trained.report);
    mpi::collectively(comm, [&] {
      if (comm.is_root() && keep == Keep::files) trained.predictor.save(layout.predictor_fp());
    });
    full_precision = std::move(trained.predictor);
  }
  if (do_quant) {
    auto trained = train::train_quant(comm, space, *full_precision, quant_rows, config, seed);
    log::root().info("train quant: {} rows, {} held out; transferred: {}; from scratch: {}", trained.report.train_rows,
                     trained.report.transfer.held_out.size(), summary(trained.report.transfer.metrics),
                     summary(trained.report.scratch.metrics));
    fitted.quant = std::move(trained.report);
    mpi::collectively(comm, [&] {
      if (!comm.is_root() || keep == Keep::nothing) return;
      trained.transfer.save(layout.predictor_quant());
      trained.scratch.save(layout.predictor_scratch());
    });
  }
  mpi::collectively(comm, [&] {
    if (!comm.is_root() || keep == Keep::nothing) return;
    // What is not fitted anew stays as it was said.
    auto whole =
        which != Predictors::all && std::filesystem::exists(layout.train_metrics()) ? read_training(layout.train_metrics()) : Training();
    if (do_fp) whole.fp = fitted.fp;
    if (do_quant) whole.quant = fitted.quant;
    write_training(layout.train_metrics(), whole);
  });
  return fitted;
}

}  // namespace apq::study
