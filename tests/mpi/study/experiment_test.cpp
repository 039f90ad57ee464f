#include "study/experiment.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using image::ImageCounts;

// A folder of images as README's example has it, and an experiment on it that says nothing of how many there are.
class LoadExperiment : public testing::Test {
 protected:
  LoadExperiment() {
    mpi::collectively(world_, [&] {
      if (!world_.is_root()) return;
      for (int label = 0; label < 10; ++label) {
        make_directory(dir_ / ("images/" + std::to_string(label)));
        for (int i = 0; i < 100; ++i)
          test::write_quickly(dir_ / ("images/" + std::to_string(label) + "/" + std::to_string(i) + ".jpg"), "x");
      }
      test::write_quickly(dir_ / "c.yaml", "space: " + (test::source_dir() / "configs/spaces/fashion_mnist.yaml").string() +
                                               "\ndata: {training: {folder: images}, test: {folder: images}, mean: 0.5, deviation: 0.5}\n");
    });
    directory_ = mpi::broadcast(world_, dir_.path().string());
  }

  study::Experiment load(std::vector<std::string> const& assignments, bool has_weights = true) const {
    study::ExperimentSource source{.config = directory_ / "c.yaml", .study = {}, .assignments = assignments};
    if (has_weights) source.assignments.push_back("supernet.weights=" + (test::source_dir() / "data/fashion_mnist_supernet.pt").string());
    return study::load_experiment(world_, source);
  }

  void expect_refused(std::vector<std::string> const& assignments, std::string const& remedy, bool has_weights = true) const {
    auto const e = load(assignments, has_weights);
    try {
      study::load_splits(world_, e, {});
      ADD_FAILURE() << "must be refused: " << remedy;
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), Errc::config);
      EXPECT_NE(std::string(error.what()).find("is more than the 1000 training images there are; " + remedy), std::string::npos)
          << error.what();
    }
  }

  mpi::Communicator world_{MPI_COMM_WORLD};
  test::TempDir dir_;  // the root's is used
  std::filesystem::path directory_;
};

TEST_F(LoadExperiment, DefaultsFitWhatThereIs) {
  auto const e = load({});
  EXPECT_EQ(e.data.counts(), (ImageCounts{0, 200, 800}));
  auto const splits = study::load_splits(world_, e, {});
  EXPECT_EQ(splits.train.size(), 0u);
  EXPECT_EQ(splits.calibration.size(), 200u);
  EXPECT_EQ(splits.validation.size(), 800u);
  EXPECT_EQ(load({}, false).data.counts(), (ImageCounts{500, 100, 400}));
  EXPECT_EQ(load({"data.validation_images=300"}).data.counts(), (ImageCounts{0, 700, 300}));
}

TEST_F(LoadExperiment, WhatWasSettledIsWrittenDownAndReadsBack) {
  auto const e = load({});
  for (char const* line : {"\n  train_images: 0\n", "\n  calibration_images: 200\n", "\n  validation_images: 800\n"})
    EXPECT_NE(e.resolved.find(line), std::string::npos) << e.resolved;
  auto const file = directory_ / "resolved.yaml";
  for (auto const& text : {e.resolved, e.commented}) {
    mpi::collectively(world_, [&] {
      if (world_.is_root()) replace_file(file, text);
    });
    auto const again = study::load_experiment(world_, {.config = file, .study = {}, .assignments = {}});
    EXPECT_EQ(again.resolved, e.resolved);
    EXPECT_EQ(again.commented, e.commented);
    EXPECT_EQ(again.data.counts(), e.data.counts());
  }
}

TEST_F(LoadExperiment, WhatWasAskedForIsRefusedWhereItDoesNotFit) {
  expect_refused({"data.train_images=50000"},
                 "set data.train_images to 0, data.calibration_images to 200 and data.validation_images to 800");
  expect_refused({"data.validation_images=1000"},
                 "set data.train_images to 0, data.calibration_images to 500 and data.validation_images to 500");
  expect_refused({"data.train_images=900", "data.calibration_images=50", "data.validation_images=100"}, "set data.train_images to 850",
                 false);
}

TEST_F(LoadExperiment, DefaultsStayWhereTheSourceCannotBeCounted) {
  EXPECT_EQ(load({"data.training.folder=/nowhere"}).data.counts(), (ImageCounts{50000, 1000, 4000}));
}

// Studies compare what they were begun with: a default that fits is written as ever.
TEST_F(LoadExperiment, DefaultsThatFitStay) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist"))
    GTEST_SKIP() << "Fashion-MNIST is absent; install dataset-fashion-mnist";
  auto const e =
      study::load_experiment(world_, {.config = test::source_dir() / "tests/integration/study/small.yaml", .study = {}, .assignments = {}});
  EXPECT_EQ(e.data.counts(), (ImageCounts{50000, 100, 200}));
}

}  // namespace
