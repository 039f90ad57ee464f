#include "train/predictor_training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "train/fit.hpp"
#include "train/predictor_model.hpp"
#include "train/row_split.hpp"

namespace apq::train {
namespace {

/// The predictor of rank `owner`, on every rank. Collective.
AccuracyPredictor share(mpi::Communicator const& comm, std::optional<AccuracyPredictor> mine, int owner, space::Encoding const& encoding,
                        bool quantised, int hidden) {
  std::vector<float> flat;
  if (comm.rank() == owner)
    for (auto const& [name, tensor] : mine->model().weights)
      flat.insert(flat.end(), tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
  flat = mpi::broadcast(comm, std::move(flat), owner);
  AccuracyPredictor predictor(encoding, quantised, 0, hidden);
  auto weights = predictor.model().weights;
  float const* next = flat.data();
  for (auto& [name, tensor] : weights) {
    std::copy_n(next, tensor.numel(), tensor.data_ptr<float>());
    next += tensor.numel();
  }
  return AccuracyPredictor::Model::wrap(encoding, std::move(weights));
}

Verdict judge(std::vector<h5::Row> const& held_out, std::vector<double> const& predicted, int resamples, std::uint64_t seed) {
  Verdict verdict;
  verdict.metrics = measure(predicted, accuracies(held_out), resamples, seed);
  for (std::size_t i = 0; i < held_out.size(); ++i)
    verdict.held_out.push_back({held_out[i].id, predicted[i], held_out[i].correct, held_out[i].total});
  return verdict;
}

/// One fit of a quantised predictor, for the result itself or for the learning curve.
struct Task {
  bool transfer;
  std::size_t split;       ///< index into the splits
  std::size_t train_rows;  ///< the first so many of its training rows
};

/// Rank of each task: the largest first, each to the rank with the least to do.
std::vector<int> assign(std::vector<Task> const& tasks, int ranks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return tasks[a].train_rows > tasks[b].train_rows; });
  std::vector<std::size_t> load(static_cast<std::size_t>(ranks));
  std::vector<int> owner(tasks.size());
  for (auto const task : order) {
    auto const least = std::min_element(load.begin(), load.end());
    *least += tasks[task].train_rows;
    owner[task] = static_cast<int>(least - load.begin());
  }
  return owner;
}

std::string model_name(int hidden) { return fmt::format("mlp 3x{}", hidden); }

}  // namespace

FpTraining train_fp(mpi::Communicator const& comm, space::SearchSpace const& space, std::vector<h5::Row> const& rows,
                    TrainConfig const& config, std::uint64_t seed) {
  space::Encoding const encoding(space);
  Split split;
  std::optional<AccuracyPredictor> fitted;
  mpi::collectively(comm, [&] {
    split = split_rows(rows, "fp", seed, config.held_out_fraction, config.train_rows);
    if (comm.is_root()) fitted = fit(space, split.training, config, config.fp, nullptr, seed);
  });
  auto predictor = share(comm, std::move(fitted), 0, encoding, false, config.hidden);
  auto const predicted = predictor.predict(genes_of(split.held_out));
  FpReport report{rows.size(),
                  split.training.size(),
                  h5::content_hash(rows),
                  model_name(config.hidden),
                  judge(split.held_out, predicted, config.bootstrap, seed),
                  std::nullopt};
  if (space.num_size_genes() > 0) {
    std::vector<int> sizes;
    for (auto const& row : split.held_out) sizes.push_back(space::image_size_of(space, row.genes));
    report.kendall_tau_within_size = kendall_tau_within(predicted, accuracies(split.held_out), sizes);
  }
  return {std::move(predictor), std::move(report)};
}

QuantTraining train_quant(mpi::Communicator const& comm, space::SearchSpace const& space, AccuracyPredictor const& full_precision,
                          std::vector<h5::Row> const& rows, TrainConfig const& config, std::uint64_t seed) {
  space::Encoding const encoding(space);

  // Split 0 is the study's own; the others only serve the curve.
  std::vector<Split> splits;
  std::vector<std::uint64_t> seeds;
  std::vector<Task> tasks;
  mpi::collectively(comm, [&] {
    int const num_splits = config.curve.empty() ? 1 : config.curve_splits;
    for (int s = 0; s < num_splits; ++s) {
      seeds.push_back(s == 0 ? seed : RandomStream(seed, "train.curve.split", static_cast<std::uint64_t>(s)).next_u64());
      splits.push_back(split_rows(rows, "quant", seeds.back(), config.held_out_fraction, s == 0 ? config.train_rows : 0));
      if (s > 0)
        splits[static_cast<std::size_t>(s)].training.resize(
            std::min(splits[static_cast<std::size_t>(s)].training.size(), splits[0].training.size()));
    }
  });
  for (bool const transfer : {true, false}) tasks.push_back({transfer, 0, splits[0].training.size()});
  /// Task of a point of the curve; the study's own fits are not done twice.
  auto const task_index = [&](bool transfer, std::size_t split, std::size_t train_rows) {
    auto const found = std::find_if(tasks.begin(), tasks.end(), [&](Task const& t) {
      return t.transfer == transfer && t.split == split && t.train_rows == train_rows;
    });
    if (found != tasks.end()) return static_cast<std::size_t>(found - tasks.begin());
    tasks.push_back({transfer, split, train_rows});
    return tasks.size() - 1;
  };
  struct Point {
    std::size_t train_rows;
    std::vector<std::array<std::size_t, 2>> tasks;  ///< per split: transfer, scratch
  };
  std::vector<Point> points;
  for (double const share_of_rows : config.curve) {
    auto const wanted = [&](Split const& split) {
      return static_cast<std::size_t>(std::lround(share_of_rows * static_cast<double>(split.training.size())));
    };
    Point point{wanted(splits[0]), {}};
    if (num_subnets(std::span(splits[0].training).first(point.train_rows)) < min_training) continue;
    for (std::size_t s = 0; s < splits.size(); ++s)
      point.tasks.push_back({task_index(true, s, wanted(splits[s])), task_index(false, s, wanted(splits[s]))});
    points.push_back(std::move(point));
  }

  auto const owner = assign(tasks, comm.size());
  std::vector<double> mine;  // held-out predictions of this rank's tasks, in order of tasks
  std::array<std::optional<AccuracyPredictor>, 2> results;
  mpi::collectively(comm, [&] {
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      if (owner[t] != comm.rank()) continue;
      auto const& split = splits[tasks[t].split];
      std::vector<h5::Row> const training(split.training.begin(),
                                          split.training.begin() + static_cast<std::ptrdiff_t>(tasks[t].train_rows));
      auto predictor = fit(space, training, config, config.quant, tasks[t].transfer ? &full_precision : nullptr, seeds[tasks[t].split]);
      auto const predicted = predictor.predict(genes_of(split.held_out));
      mine.insert(mine.end(), predicted.begin(), predicted.end());
      if (t < 2) results[t] = std::move(predictor);
    }
  });
  auto const all = mpi::allgather(comm, std::span<double const>(mine));
  std::vector<std::vector<double>> predicted(tasks.size());
  auto next = all.begin();
  for (int rank = 0; rank < comm.size(); ++rank)
    for (std::size_t t = 0; t < tasks.size(); ++t)
      if (owner[t] == rank) {
        auto const size = static_cast<std::ptrdiff_t>(splits[tasks[t].split].held_out.size());
        predicted[t].assign(next, next + size);
        next += size;
      }
  int const transfer_hidden = full_precision.model().hidden;
  if (transfer_hidden != config.hidden)
    log::root().warn(
        "train quant: the full-precision predictor has layers of {} units, and train.hidden = {}: the transfer keeps its own, and "
        "is compared with one from scratch of another size",
        transfer_hidden, config.hidden);
  auto transfer = share(comm, std::move(results[0]), owner[0], encoding, true, transfer_hidden);
  auto scratch = share(comm, std::move(results[1]), owner[1], encoding, true, config.hidden);

  auto const& held_out = splits[0].held_out;
  auto const truth = accuracies(held_out);
  auto const difference = [&](Statistic statistic) {
    return estimate_difference(statistic, predicted[0], predicted[1], truth, config.bootstrap, RandomStream(seed, "train.bootstrap"));
  };
  QuantReport report{rows.size(),
                     splits[0].training.size(),
                     h5::content_hash(rows),
                     model_name(config.hidden),
                     judge(held_out, predicted[0], config.bootstrap, seed),
                     judge(held_out, predicted[1], config.bootstrap, seed),
                     difference(kendall_tau_b),
                     difference(pairwise_accuracy),
                     difference(rmse_points),
                     {}};
  for (auto const& point : points) {
    CurvePoint mean{point.train_rows, static_cast<int>(point.tasks.size()), {}, {}};
    for (std::size_t s = 0; s < point.tasks.size(); ++s) {
      auto const measured = accuracies(splits[s].held_out);
      auto const add = [&](CurvePoint::Mean& sum, std::vector<double> const& prediction) {
        double const weight = 1.0 / static_cast<double>(point.tasks.size());
        sum.kendall_tau += weight * kendall_tau_b(prediction, measured);
        sum.pairwise_accuracy += weight * pairwise_accuracy(prediction, measured);
        sum.rmse_points += weight * rmse_points(prediction, measured);
      };
      add(mean.transfer, predicted[point.tasks[s][0]]);
      add(mean.scratch, predicted[point.tasks[s][1]]);
    }
    report.curve.push_back(mean);
  }
  return {std::move(transfer), std::move(scratch), std::move(report)};
}

}  // namespace apq::train
