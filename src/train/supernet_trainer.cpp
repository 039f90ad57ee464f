#include "train/supernet_trainer.hpp"

#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/progress.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/turns.hpp"
#include "common/net/channel_order.hpp"
#include "common/net/supernet_file.hpp"
#include "common/space/subnet.hpp"
#include "train/gradient_average.hpp"
#include "train/nesterov_descent.hpp"
#include "train/sandwich_step.hpp"
#include "train/supernet_monitor.hpp"
#include "train/training_checkpoint.hpp"
#include "train/training_images.hpp"
#include "train/training_phase.hpp"

namespace apq::train {
namespace fs = std::filesystem;
namespace {

class Trainer {
 public:
  Trainer(mpi::Communicator const& comm, space::SearchSpace const& space, image::Splits const& splits, image::DataConfig const& data,
          SupernetConfig const& config, std::uint64_t seed, fs::path output, std::function<bool()> const& may_write,
          std::function<void()> const& saved)
      : comm_(comm),
        config_(config),
        seed_(seed),
        output_(std::move(output)),
        may_write_(may_write),
        saved_(saved),
        identity_(training_identity(space, splits.train, data.normalisation, config, seed)),
        images_(splits.train, data.normalisation, space, config, seed),
        supernet_(net::make_supernet(space, seed)),
        parameters_(supernet_),
        descent_{config.momentum, config.weight_decay, {}},
        monitor_(splits, data.normalisation, config.monitor_images) {}

  void run() {
    int const total_epochs = config_.teacher_epochs + config_.epochs;
    int const first_epoch = resume();
    auto const steps = images_.steps_per_epoch();
    Progress progress("supernet", "steps", static_cast<std::uint64_t>(total_epochs) * steps,
                      static_cast<std::uint64_t>(first_epoch) * steps + begun_.steps, comm_.is_root());
    for (int epoch = first_epoch; epoch < total_epochs; ++epoch) {
      run_epoch(epoch, progress);
      if ((epoch + 1) % config_.checkpoint_epochs == 0 && epoch + 1 < total_epochs) save(epoch + 1);
    }
    progress.finish();
    finish();
  }

 private:
  fs::path with_suffix(char const* suffix) const { return fs::path(output_).replace_extension(suffix); }

  // Epochs already done, 0 without a checkpoint; begun_ is of the one that follows.
  int resume() {
    int epochs_done = 0;
    mpi::collectively(comm_, [&] {
      auto const state = load_checkpoint(with_suffix(".checkpoint"), identity_, parameters_.values.numel());
      if (!state) return;
      parameters_.values.copy_(state->values);
      descent_.velocity = state->velocity.clone();
      log_lines_ = state->log_lines;
      begun_ = state->begun;
      epochs_done = state->epochs_done;
    });
    return epochs_done;
  }

  void save(int epochs_done) {
    mpi::collectively(comm_, [&] {
      if (comm_.is_root())
        save_checkpoint(with_suffix(".checkpoint"), {epochs_done, parameters_.values, descent_.velocity, log_lines_, begun_}, identity_);
    });
    if (saved_) saved_();
  }

  // Asked to stop, a training leaves a checkpoint and goes on from this very step.
  void end_if_asked(int epoch) {
    if (!turns_.end_here()) return;
    if (epoch > 0 || begun_.steps > 0) save(epoch);
    throw turns_.stopped();
  }

  // By importance, so that narrower networks keep what the teacher found important.
  void sort_channels() {
    at::NoGradGuard const no_grad;
    net::sort_channels(supernet_);
    descent_.velocity = at::Tensor();  // the old velocities belong to channels that have moved
  }

  /// @return the mean loss of the largest network over all ranks' images.
  double run_step(TrainingPhase const& phase, TrainingBatch const& batch, std::uint64_t global_step, double rate) {
    parameters_.gradients.zero_();
    double loss = 0;
    if (batch.labels.size(0) > 0) {
      auto const teacher = teacher_pass(supernet_, batch, config_.label_smoothing);
      loss = teacher.loss;
      if (phase.is_sandwich) student_passes(supernet_, batch, teacher.logits, config_.random_subnets, seed_, global_step);
    }
    double const share = static_cast<double>(batch.labels.size(0)) / config_.batch;
    double const mean_loss = average_over_ranks(comm_, parameters_.gradients, loss, share);
    if (!std::isfinite(mean_loss))
      throw Error(Errc::numeric,
                  fmt::format("supernet: the loss is {} at step {}; lower supernet.{}", mean_loss, global_step, phase.rate_key()));
    descent_.step(parameters_, rate);
    return mean_loss;
  }

  void run_epoch(int epoch, Progress& progress) {
    auto const start = std::chrono::steady_clock::now();
    double const seconds_before = begun_.seconds;
    auto const phase = phase_of(config_, epoch);
    auto const order = images_.order_of(epoch);
    auto const steps = images_.steps_per_epoch();
    while (begun_.steps < steps) {
      end_if_asked(epoch);
      if (begun_.steps == 0 && epoch == config_.teacher_epochs && epoch > 0) sort_channels();
      auto const global_step = static_cast<std::uint64_t>(epoch) * steps + begun_.steps;
      double const rate = learning_rate(phase, epoch, begun_.steps, steps);
      double const loss = run_step(phase, images_.load(epoch, begun_.steps, order, comm_.size(), comm_.rank()), global_step, rate);
      ++begun_.steps;
      begun_.loss_sum += loss;
      begun_.seconds = seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      progress.update(global_step + 1, fmt::format("loss {:.3f}", loss));
    }
    auto const [done, loss_sum, seconds] = std::exchange(begun_, {});
    if (!comm_.is_root()) return;
    nlohmann::ordered_json row{{"epoch", epoch + 1},
                               {"phase", phase.name()},
                               {"ranks", comm_.size()},
                               {"mean_loss", loss_sum / static_cast<double>(done)},
                               {"last_rate", learning_rate(phase, epoch, done - 1, steps)},
                               {"seconds", std::round(seconds * 10) / 10},
                               {"validation_images", monitor_.validation_images()},
                               {"largest_top1", monitor_.top1(supernet_, space::largest_subnet(supernet_.space))}};
    if (phase.is_sandwich) row["smallest_top1"] = monitor_.top1(supernet_, space::smallest_subnet(supernet_.space));
    log::root().info("epoch {}: {}", epoch + 1, row.dump());
    log_lines_.push_back(row.dump());
  }

  void finish() {
    mpi::collectively(comm_, [&] {
      if (!comm_.is_root() || (may_write_ && !may_write_())) return;
      monitor_.store_statistics(supernet_);
      net::save_supernet(supernet_, output_);
      std::string text;
      for (auto const& line : log_lines_) text += line + "\n";
      replace_file(with_suffix(".log.jsonl"), text);
      std::error_code ec;
      fs::remove(with_suffix(".checkpoint"), ec);
    });
  }

  mpi::Communicator const& comm_;
  SupernetConfig const& config_;
  std::uint64_t seed_;
  fs::path output_;
  std::function<bool()> const& may_write_;
  std::function<void()> const& saved_;
  std::string identity_;
  TrainingImages images_;
  net::Supernet supernet_;
  FlatParameters parameters_;
  NesterovDescent descent_;
  SupernetMonitor monitor_;
  std::vector<std::string> log_lines_;
  EpochSoFar begun_;
  mpi::Turns turns_{comm_, "supernet"};
};

}  // namespace

void check_batch(SupernetConfig const& config, std::size_t num_images) {
  if (num_images < static_cast<std::size_t>(config.batch))
    throw Error(Errc::config, fmt::format("supernet.batch = {}: is more than the {} training images", config.batch, num_images));
}

void train_supernet(mpi::Communicator const& comm, space::SearchSpace const& space, image::Splits const& splits,
                    image::DataConfig const& data, SupernetConfig const& config, std::uint64_t seed, fs::path const& output,
                    std::function<bool()> const& may_write, std::function<void()> const& saved) {
  mpi::collectively(comm, [&] { check_batch(config, splits.train.size()); });
  Trainer(comm, space, splits, data, config, seed, output, may_write, saved).run();
}

}  // namespace apq::train
