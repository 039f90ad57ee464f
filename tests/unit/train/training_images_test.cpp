#include "train/training_images.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "support/image_split.hpp"
#include "support/tiny_space.hpp"

using namespace apq;
using namespace apq::train;

namespace {

struct Fixture {
  space::SearchSpace space = test::few_hundred_subnets();
  image::Split split = test::random_split("train", 23, 1, 32, 10);
  image::Normalisation normalisation;
  SupernetConfig config;
  Fixture() {
    config.batch = 7;
    config.augmentation.flip = true;
    config.augmentation.shift = 2;
  }
  TrainingImages images(std::uint64_t seed = 1) const { return {split, normalisation, space, config, seed}; }
};

TEST(TrainingImages, EveryEpochHasAnOrderOfItsOwn) {
  Fixture const f;
  auto const images = f.images();
  EXPECT_EQ(images.steps_per_epoch(), 3u);
  auto order = images.order_of(0);
  EXPECT_EQ(order, images.order_of(0));
  EXPECT_NE(order, images.order_of(1));
  EXPECT_NE(order, f.images(2).order_of(0));
  std::sort(order.begin(), order.end());
  for (std::uint32_t i = 0; i < 23; ++i) EXPECT_EQ(order[i], i);
}

TEST(TrainingImages, ShareOfRanksIsTheBatchInTurn) {
  Fixture const f;
  auto const images = f.images();
  auto const order = images.order_of(1);
  auto const whole = images.load(1, 2, order, 1, 0);
  ASSERT_EQ(whole.labels.size(0), 7);
  for (std::int64_t i = 0; i < 7; ++i) EXPECT_EQ(whole.labels[i].item<int>(), f.split.label(order[2 * 7 + static_cast<std::size_t>(i)]));
  for (int ranks : {2, 3, 9}) {
    std::vector<at::Tensor> pixels, labels;
    for (int rank = 0; rank < ranks; ++rank) {
      auto const share = images.load(1, 2, order, ranks, rank);
      EXPECT_EQ(share.images.size(0), share.labels.size(0));
      EXPECT_EQ(share.images.size(3), whole.images.size(3));
      pixels.push_back(share.images);
      labels.push_back(share.labels);
    }
    EXPECT_TRUE(at::cat(pixels).equal(whole.images)) << ranks;
    EXPECT_TRUE(at::cat(labels).equal(whole.labels)) << ranks;
  }
}

TEST(TrainingImages, AStepHasOneSizeOfTheSpaces) {
  Fixture const f;
  auto const images = f.images();
  std::set<int> sizes;
  for (std::uint64_t step = 0; step < 40; ++step) sizes.insert(images.size_of(step));
  EXPECT_EQ(sizes, (std::set<int>{24, 32}));
  auto const order = images.order_of(0);
  for (std::size_t step = 0; step < 3; ++step) EXPECT_EQ(images.load(0, step, order, 1, 0).images.size(2), images.size_of(step));
  auto const one_size = test::tiny_space();
  EXPECT_EQ(TrainingImages(f.split, f.normalisation, one_size, f.config, 1).size_of(5), 32);
}

}  // namespace
