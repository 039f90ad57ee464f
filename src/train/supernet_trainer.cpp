#include "train/supernet_trainer.hpp"

#include <chrono>
#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/progress.hpp"
#include "common/core/random.hpp"
#include "common/core/sha256.hpp"
#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/engine/image_batch.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/channel_order.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/subnet_net.hpp"
#include "common/net/supernet_file.hpp"
#include "common/space/subnet.hpp"
#include "train/flat_parameters.hpp"

namespace apq::train {
namespace fs = std::filesystem;

namespace {

// Linear warm-up, then cosine to zero. `done` in [0, 1) is the share of the phase that has passed.
double learning_rate_at(double peak, double warmup, double done) {
  if (done < warmup) return peak * done / warmup;
  return peak * 0.5 * (1 + std::cos(std::numbers::pi * (done - warmup) / (1 - warmup)));
}

// Mean over the batch of the cross entropy against a distribution over classes.
at::Tensor soft_cross_entropy(at::Tensor const& logits, at::Tensor const& target) {
  return -(target * at::log_softmax(logits, 1)).sum(1).mean();
}

at::Tensor smoothed_one_hot(at::Tensor const& labels, std::int64_t classes, double smoothing) {
  auto const off = smoothing / static_cast<double>(classes);
  auto target = at::full({labels.size(0), classes}, off, at::kFloat);
  return target.scatter_(1, labels.unsqueeze(1), 1.0 - smoothing + off);
}

class Trainer {
 public:
  Trainer(mpi::Communicator const& comm, space::SearchSpace const& space, image::Splits const& splits, image::DataConfig const& data,
          SupernetConfig const& config, std::uint64_t seed, fs::path output)
      : comm_(comm),
        space_(space),
        train_(splits.train),
        data_(data),
        config_(config),
        seed_(seed),
        output_(std::move(output)),
        supernet_(net::make_supernet(space, seed)),
        parameters_(supernet_),
        descent_{config.momentum, config.weight_decay, {}},
        calibration_(engine::make_batches(first_of(splits.calibration, 512), 128, data.normalisation)),
        monitor_(
            engine::make_batches(first_of(splits.validation, static_cast<std::size_t>(config.monitor_images)), 100, data.normalisation)),
        engine_(engine::make_engine(engine::EngineKind::automatic)) {
    Sha256 hash;
    hash.add(space.hash).add(splits.train.fingerprint);
    hash.add(fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", seed, config.teacher_epochs, config.epochs, config.batch,
                         config.random_subnets, config.teacher_learning_rate, config.learning_rate, config.warmup, config.momentum,
                         config.weight_decay, config.label_smoothing, config.augmentation.flip, config.augmentation.shift));
    // What came later joins the identity only where it is in use: older checkpoints go on.
    auto const& a = config.augmentation;
    if (a.random_crop > 0 || a.brightness > 0 || a.contrast > 0 || a.saturation > 0 || train_.decoded->size != space.image_size)
      hash.add(fmt::format(" {} {} {} {} {}", a.random_crop, a.brightness, a.contrast, a.saturation, train_.decoded->size));
    identity_ = hash.hex();
  }

  void run() {
    int const total_epochs = config_.teacher_epochs + config_.epochs;
    int const first_epoch = resume();
    Progress progress("supernet", "steps", static_cast<std::uint64_t>(total_epochs) * steps_per_epoch(),
                      static_cast<std::uint64_t>(first_epoch) * steps_per_epoch(), comm_.is_root());
    for (int epoch = first_epoch; epoch < total_epochs; ++epoch) {
      bool const sandwich = epoch >= config_.teacher_epochs;
      if (epoch == config_.teacher_epochs && epoch > 0) sort();
      run_epoch(epoch, sandwich, progress);
      if ((epoch + 1) % config_.checkpoint_epochs == 0 && epoch + 1 < total_epochs) save_checkpoint(epoch + 1);
    }
    progress.finish();
    finish();
  }

 private:
  static image::Split first_of(image::Split split, std::size_t count) {
    split.indices.resize(std::min(count, split.indices.size()));
    return split;
  }

  std::size_t steps_per_epoch() const { return train_.size() / static_cast<std::size_t>(config_.batch); }

  struct Batch {
    at::Tensor images, labels;
  };

  // As OFA trains: all images of a step have one size, drawn from the space's. The networks' own image sizes say nothing here.
  int size_of_step(std::uint64_t global_step) const {
    auto const& sizes = space_.image_sizes;
    if (sizes.size() == 1) return space_.image_size;
    return sizes[RandomStream(seed_, "supernet.size", global_step).below(sizes.size())];
  }

  // This rank's share of step `step` of an epoch; which images and how they are augmented does not depend on the rank count.
  Batch load(int epoch, std::vector<std::uint32_t> const& order, std::size_t step) const {
    auto const size = size_of_step(static_cast<std::uint64_t>(epoch) * steps_per_epoch() + step);
    auto const batch = static_cast<std::size_t>(config_.batch);
    auto const range = mpi::block_range(batch, comm_.size(), comm_.rank());
    auto const& stored = *train_.decoded;
    auto const image_bytes = static_cast<std::size_t>(stored.channels) * size * size;
    auto const count = static_cast<std::int64_t>(range.last - range.first);
    auto bytes = at::empty({count, stored.channels, size, size}, at::kByte);
    auto labels = at::empty({count}, at::kLong);
    std::span const pixels(bytes.data_ptr<std::uint8_t>(), range.last > range.first ? (range.last - range.first) * image_bytes : 0);
    for (std::size_t i = range.first; i < range.last; ++i) {
      auto const position = step * batch + i;
      RandomStream random(seed_, "supernet.augment", static_cast<std::uint64_t>(epoch) * train_.size() + position);
      image::augment(train_.image(order[position]), stored.channels, stored.size, size, config_.augmentation, random,
                     pixels.subspan((i - range.first) * image_bytes, image_bytes), space_.image_size);
      labels.data_ptr<std::int64_t>()[i - range.first] = train_.label(order[position]);
    }
    return {engine::normalised(bytes, data_.normalisation), labels};
  }

  at::Tensor logits_of(space::Subnet const& subnet, at::Tensor const& images) {
    net::ForwardOptions options;
    options.norm = net::NormMode::batch;
    return net::reference_forward(net::slice(supernet_, subnet), images, options);
  }

  void run_epoch(int epoch, bool sandwich, Progress& progress) {
    auto const start = std::chrono::steady_clock::now();
    int const phase_start = sandwich ? config_.teacher_epochs : 0;
    int const phase_epochs = sandwich ? config_.epochs : config_.teacher_epochs;
    double const peak = sandwich ? config_.learning_rate : config_.teacher_learning_rate;
    std::vector<std::uint32_t> order(train_.size());
    std::iota(order.begin(), order.end(), 0u);
    RandomStream(seed_, "supernet.order", static_cast<std::uint64_t>(epoch)).shuffle(std::span(order));
    auto const largest = space::largest_subnet(space_);
    auto const smallest = space::smallest_subnet(space_);
    double loss_sum = 0;
    double rate = 0;
    auto const steps = steps_per_epoch();
    for (std::size_t step = 0; step < steps; ++step) {
      auto const global_step = static_cast<std::uint64_t>(epoch) * steps + step;
      auto const batch = load(epoch, order, step);
      parameters_.gradients.zero_();
      double loss_value = 0;
      if (batch.labels.size(0) > 0) {
        auto const logits = logits_of(largest, batch.images);
        auto const loss = soft_cross_entropy(logits, smoothed_one_hot(batch.labels, space_.num_classes, config_.label_smoothing));
        loss.backward();
        loss_value = loss.item<double>();
        if (sandwich) {
          auto const soft_target = at::softmax(logits.detach(), 1);
          soft_cross_entropy(logits_of(smallest, batch.images), soft_target).backward();
          RandomStream random(seed_, "supernet.subnets", global_step);
          for (int r = 0; r < config_.random_subnets; ++r) {
            auto const subnet = space::subnet_of(space_, space::random_genes(space_, random, false));
            soft_cross_entropy(logits_of(subnet, batch.images), soft_target).backward();
          }
        }
      }
      // Ranks may hold one image more or less than others: weight each mean by its share of the batch.
      double const share = static_cast<double>(batch.labels.size(0)) / config_.batch;
      if (comm_.size() > 1) {
        parameters_.gradients.mul_(share);
        mpi::allreduce_sum(comm_,
                           std::span(parameters_.gradients.data_ptr<float>(), static_cast<std::size_t>(parameters_.gradients.numel())));
      }
      double total_loss = loss_value * share;
      mpi::allreduce_sum(comm_, std::span(&total_loss, 1));
      if (!std::isfinite(total_loss))
        throw Error(Errc::numeric, fmt::format("supernet: the loss is {} at step {}; lower supernet.{}", total_loss, global_step,
                                               sandwich ? "learning_rate" : "teacher_learning_rate"));
      double const done = (static_cast<double>(epoch - phase_start) * static_cast<double>(steps) + static_cast<double>(step)) /
                          (static_cast<double>(phase_epochs) * static_cast<double>(steps));
      rate = learning_rate_at(peak, config_.warmup, done);
      descent_.step(parameters_, rate);
      loss_sum += total_loss;
      progress.update(global_step + 1, fmt::format("loss {:.3f}", total_loss));
    }
    if (!comm_.is_root()) return;
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    nlohmann::ordered_json row{{"epoch", epoch + 1},
                               {"phase", sandwich ? "sandwich" : "teacher"},
                               {"ranks", comm_.size()},
                               {"mean_loss", steps > 0 ? loss_sum / static_cast<double>(steps) : 0.0},
                               {"last_rate", rate},
                               {"seconds", std::round(seconds * 10) / 10},
                               {"validation_images", static_cast<int>(count(monitor_))},
                               {"largest_top1", top1(largest)}};
    if (sandwich) row["smallest_top1"] = top1(smallest);
    log::root().info("epoch {}: {}", epoch + 1, row.dump());
    lines_.push_back(row.dump());
  }

  static std::int64_t count(engine::LabelledBatches const& batches) {
    std::int64_t n = 0;
    for (auto const& labels : batches.labels) n += labels.size(0);
    return n;
  }

  double top1(space::Subnet const& subnet) {
    at::NoGradGuard const no_grad;
    auto net = net::slice(supernet_, subnet);
    engine::prepare(net, calibration_.images, {}, *engine_);
    auto const counts = engine::evaluate(*engine_->compile(net), monitor_);
    return 100.0 * counts.correct / counts.total;
  }

  void sort() {
    at::NoGradGuard const no_grad;
    net::sort_channels(supernet_);
    descent_.velocity = at::Tensor();  // the old velocities belong to channels that have moved
  }

  fs::path with_suffix(char const* suffix) const { return fs::path(output_).replace_extension(suffix); }

  void save_checkpoint(int epochs_done) {
    mpi::collectively(comm_, [&] {
      if (!comm_.is_root()) return;
      auto const lines = nlohmann::json(lines_).dump();
      auto bytes = [](std::string const& text) {
        auto tensor = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
        std::copy(text.begin(), text.end(), tensor.data_ptr<std::uint8_t>());
        return tensor;
      };
      checkpoint::save_state_dict(with_suffix(".checkpoint"), {{"values", parameters_.values},
                                                               {"velocity", descent_.velocity},
                                                               {"epochs_done", at::tensor({static_cast<std::int64_t>(epochs_done)})},
                                                               {"identity", bytes(identity_)},
                                                               {"log", bytes(lines)}});
    });
  }

  // Epochs already done, 0 without a checkpoint.
  int resume() {
    auto const file = with_suffix(".checkpoint");
    std::int64_t epochs_done = 0;
    mpi::collectively(comm_, [&] {
      std::error_code ec;
      if (!fs::exists(file, ec)) return;
      auto const dict = checkpoint::load_state_dict(file);
      auto text = [&](char const* key) {
        auto const& tensor = dict.at(key);
        auto const* p = tensor.data_ptr<std::uint8_t>();
        return std::string(p, p + tensor.numel());
      };
      for (char const* key : {"values", "velocity", "epochs_done", "identity", "log"})
        if (!dict.contains(key))
          throw Error(Errc::data,
                      fmt::format("{}: is not a supernet training checkpoint (no {}); delete it to start over", file.string(), key));
      if (text("identity") != identity_)
        throw Error(Errc::data, fmt::format("{}: belongs to another training (space, images, seed or settings differ); delete it "
                                            "to start over or choose another output",
                                            file.string()));
      if (dict.at("values").numel() != parameters_.values.numel() || dict.at("velocity").numel() != parameters_.values.numel())
        throw Error(Errc::data, fmt::format("{}: does not fit the supernet's {} parameters", file.string(), parameters_.values.numel()));
      parameters_.values.copy_(dict.at("values"));
      descent_.velocity = dict.at("velocity").clone();
      epochs_done = dict.at("epochs_done").item<std::int64_t>();
      lines_ = nlohmann::json::parse(text("log")).get<std::vector<std::string>>();
    });
    return static_cast<int>(epochs_done);
  }

  // BN statistics of the largest network from calibration images; training itself only uses batch statistics.
  void finish() {
    mpi::collectively(comm_, [&] {
      if (!comm_.is_root()) return;
      at::NoGradGuard const no_grad;
      auto net = net::slice(supernet_, space::largest_subnet(space_));
      engine::recalibrate_norms(net, calibration_.images, false, *engine_);
      auto store = [&](net::ConvUnit const& unit) {
        if (!unit.norm) return;
        // blocks.N... units are named by their quantised layer "....conv"; searched blocks nest once more (".bn.bn").
        auto const base = unit.name.substr(0, unit.name.size() - std::string(".conv").size());
        auto const nested = base + ".bn.bn.running_mean";
        std::string const norm = supernet_.weights.contains(nested) ? base + ".bn.bn" : base + ".bn";
        supernet_.weights.at(norm + ".running_mean").copy_(unit.norm->running_mean);
        supernet_.weights.at(norm + ".running_var").copy_(unit.norm->running_var);
      };
      for (auto const& block : net.blocks)
        for (auto const& unit : block.convs) store(unit);
      net::save_supernet(supernet_, output_);
      std::string text;
      for (auto const& line : lines_) text += line + "\n";
      replace_file(with_suffix(".log.jsonl"), text);
      std::error_code ec;
      fs::remove(with_suffix(".checkpoint"), ec);
    });
  }

  mpi::Communicator const& comm_;
  space::SearchSpace const& space_;
  image::Split const& train_;
  image::DataConfig const& data_;
  SupernetConfig const& config_;
  std::uint64_t seed_;
  fs::path output_;
  std::string identity_;
  net::Supernet supernet_;
  FlatParameters parameters_;
  NesterovDescent descent_;
  engine::LabelledBatches calibration_, monitor_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<std::string> lines_;
};

}  // namespace

void train_supernet(mpi::Communicator const& comm, space::SearchSpace const& space, image::Splits const& splits,
                    image::DataConfig const& data, SupernetConfig const& config, std::uint64_t seed, fs::path const& output) {
  if (splits.train.size() < static_cast<std::size_t>(config.batch))
    throw Error(Errc::config, fmt::format("supernet.batch = {}: is more than the {} training images", config.batch, splits.train.size()));
  Trainer(comm, space, splits, data, config, seed, output).run();
}

}  // namespace apq::train
