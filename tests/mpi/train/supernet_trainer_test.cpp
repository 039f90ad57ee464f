#include "train/supernet_trainer.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"
#include "support/image_split.hpp"
#include "support/temp_dir.hpp"
#include "support/tiny_space.hpp"
#include "train/gradient_average.hpp"

using namespace apq;
using namespace apq::train;
namespace fs = std::filesystem;

namespace {

/// A directory that all ranks see; rank 0 makes and removes it.
struct SharedDir {
  explicit SharedDir(mpi::Communicator const& comm) : comm_(comm) {
    if (comm.is_root()) own_.emplace();
    path = mpi::broadcast(comm, own_ ? own_->path().string() : std::string());
  }
  ~SharedDir() { mpi::barrier(comm_); }
  fs::path path;

 private:
  mpi::Communicator const& comm_;
  std::optional<test::TempDir> own_;
};

struct Fixture {
  mpi::Communicator world{MPI_COMM_WORLD};
  space::SearchSpace space = test::tiny_space();
  image::Splits splits{test::random_split("train", 23, 1, 32, 10, 1),
                       test::random_split("calibration", 20, 1, 32, 10, 2),
                       test::random_split("validation", 10, 1, 32, 10, 3),
                       {}};
  SupernetConfig config;
  SharedDir dir{world};
  Fixture() {
    config.teacher_epochs = config.epochs = 2;
    config.batch = 10;
    config.random_subnets = 1;
  }
  std::string failure(fs::path const& output, Errc code) {
    try {
      train_supernet(world, space, splits, {}, config, 1, output);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "";
  }
};

// 7 images over the ranks, unevenly: the average over ranks is that over images.
TEST(GradientAverage, WeighsRanksByTheirImages) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  auto const range = mpi::block_range(7, world.size(), world.rank());
  auto const mine = static_cast<double>(range.last - range.first);
  double sum = 0;
  for (auto i = range.first; i < range.last; ++i) sum += static_cast<double>(i * i);
  auto gradients = at::tensor({static_cast<float>(sum / mine), static_cast<float>(-2 * sum / mine)});
  double const average = average_over_ranks(world, gradients, sum / mine, mine / 7);
  EXPECT_NEAR(average, 13, 1e-12);
  EXPECT_NEAR(gradients[0].item<double>(), 13, 1e-5);
  EXPECT_NEAR(gradients[1].item<double>(), -26, 1e-5);
}

TEST(SupernetTrainer, WritesWeightsAndALineAnEpoch) {
  Fixture f;
  auto const output = f.dir.path / "supernet.pt";
  train_supernet(f.world, f.space, f.splits, {}, f.config, 1, output);
  if (f.world.is_root()) {
    EXPECT_TRUE(fs::exists(output));
    EXPECT_FALSE(fs::exists(f.dir.path / "supernet.checkpoint"));
    std::istringstream log(read_file(f.dir.path / "supernet.log.jsonl"));
    int epoch = 0;
    for (std::string line; std::getline(log, line);) {
      auto const row = nlohmann::json::parse(line);
      EXPECT_EQ(row["epoch"], ++epoch);
      EXPECT_EQ(row["phase"], epoch <= 2 ? "teacher" : "sandwich");
      EXPECT_EQ(row["ranks"], f.world.size());
      EXPECT_EQ(row["validation_images"], 10);
      EXPECT_EQ(row.contains("smallest_top1"), epoch > 2);
    }
    EXPECT_EQ(epoch, 4);
  }
}

// The run is broken off when all is computed: its output cannot be written, and the last checkpoint stays.
TEST(SupernetTrainer, AStoppedTrainingGoesOnToTheSameWeights) {
  Fixture f;
  auto const whole = f.dir.path / "whole.pt", stopped = f.dir.path / "stopped.pt";
  train_supernet(f.world, f.space, f.splits, {}, f.config, 1, whole);
  for (int every : {1, 2}) {  // the last checkpoint is within the second phase, or at its start
    f.config.checkpoint_epochs = every;
    if (f.world.is_root()) fs::create_directories(stopped / "in the way");
    mpi::barrier(f.world);
    EXPECT_NE(f.failure(stopped, Errc::io), "");
    EXPECT_TRUE(fs::exists(f.dir.path / "stopped.checkpoint"));
    mpi::barrier(f.world);
    if (f.world.is_root()) fs::remove_all(stopped);
    mpi::barrier(f.world);
    train_supernet(f.world, f.space, f.splits, {}, f.config, 1, stopped);
    if (f.world.is_root()) {
      EXPECT_EQ(read_file(stopped), read_file(whole));
      fs::remove(stopped);
    }
    mpi::barrier(f.world);
  }
}

/// Steps of the epoch that a checkpoint lies within.
std::size_t steps_within(fs::path const& checkpoint) {
  auto const bytes = checkpoint::load_state_dict(checkpoint).at("begun");
  std::string const text(bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + bytes.numel());
  return nlohmann::json::parse(text).at("steps").get<std::size_t>();
}

// One rank is asked, again and again, a little later each time: all end at the same step, and go on from it.
TEST(SupernetTrainer, AskedToStopItGoesOnFromTheVeryStep) {
  Fixture f;
  f.config.checkpoint_epochs = 1000;
  auto const whole = f.dir.path / "whole.pt", stopped = f.dir.path / "stopped.pt";
  train_supernet(f.world, f.space, f.splits, {}, f.config, 1, whole);
  int stops = 0, within = 0;
  for (bool is_done = false; !is_done && stops < 200;) {
    StopOnSignals const stop_on_signals;
    std::thread asks([&] {
      if (f.world.rank() != f.world.size() - 1) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(stops));
      std::raise(SIGUSR2);
    });
    try {
      train_supernet(f.world, f.space, f.splits, {}, f.config, 1, stopped);
      is_done = true;
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), Errc::stopped) << error.what();
      EXPECT_STREQ(error.what(), "supernet: stopped by SIGUSR2; run the same command again to go on");
      ++stops;
    }
    asks.join();
    if (!is_done && f.world.is_root()) {
      EXPECT_FALSE(fs::exists(stopped));
      auto const checkpoint = f.dir.path / "stopped.checkpoint";
      if (fs::exists(checkpoint) && steps_within(checkpoint) > 0) ++within;
    }
    mpi::barrier(f.world);
  }
  EXPECT_GT(stops, 1);
  if (f.world.is_root()) {
    EXPECT_GT(within, 0) << "of " << stops << " stops none was within an epoch";
    EXPECT_EQ(read_file(stopped), read_file(whole));
    std::istringstream log(read_file(f.dir.path / "stopped.log.jsonl")), expected(read_file(f.dir.path / "whole.log.jsonl"));
    for (std::string line, other; std::getline(log, line) && std::getline(expected, other);)
      EXPECT_EQ(nlohmann::json::parse(line)["mean_loss"], nlohmann::json::parse(other)["mean_loss"]);
  }
}

TEST(SupernetTrainer, RefusesWhatCannotBeTrained) {
  Fixture f;
  auto const output = f.dir.path / "supernet.pt";
  f.config.batch = 24;
  EXPECT_NE(f.failure(output, Errc::config).find("supernet.batch = 24: is more than the 23 training images"), std::string::npos);
  f.config.batch = 10;
  f.config.teacher_learning_rate = 1e30;
  f.config.warmup = 0;
  EXPECT_NE(f.failure(output, Errc::numeric).find("lower supernet.teacher_learning_rate"), std::string::npos);
  EXPECT_FALSE(fs::exists(output));
}

TEST(SupernetTrainer, RefusesTheCheckpointOfAnotherTraining) {
  Fixture f;
  auto const output = f.dir.path / "supernet.pt";
  if (f.world.is_root()) fs::create_directories(output / "in the way");
  mpi::barrier(f.world);
  EXPECT_NE(f.failure(output, Errc::io), "");
  f.config.learning_rate = 0.01;
  EXPECT_NE(f.failure(output, Errc::data).find("belongs to another training"), std::string::npos);
}

}  // namespace
