#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/image/augment.hpp"
#include "common/image/data_config.hpp"

namespace {

using namespace apq;

image::SourceSize blank(int num, std::string const& hash) { return {static_cast<std::size_t>(num), hash}; }

image::DataConfig sizes(int train, int calibration, int validation) {
  image::DataConfig config;
  config.train_images = train;
  config.calibration_images = calibration;
  config.validation_images = validation;
  return config;
}

TEST(Splits, AreDisjointAndOfTheAskedSizes) {
  auto const splits = image::split(blank(100, "a"), blank(10, "b"), sizes(60, 15, 25));
  std::set<std::uint32_t> seen;
  for (auto const* split : {&splits.train, &splits.calibration, &splits.validation})
    for (auto index : split->indices) EXPECT_TRUE(seen.insert(index).second) << split->name << " " << index;
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(splits.test.size(), 10u);
}

TEST(Splits, MoreValidationImagesNeverMoveATrainingImage) {
  auto const few = image::split(blank(100, "a"), blank(10, "b"), sizes(60, 10, 5));
  auto const many = image::split(blank(100, "a"), blank(10, "b"), sizes(60, 10, 30));
  EXPECT_EQ(few.train.indices, many.train.indices);
  EXPECT_EQ(few.train.fingerprint, many.train.fingerprint);
  EXPECT_NE(few.validation.fingerprint, many.validation.fingerprint);
}

TEST(Splits, FingerprintsFollowSourceSeedAndIndices) {
  auto config = sizes(60, 10, 5);
  auto const one = image::split(blank(100, "a"), blank(10, "b"), config);
  EXPECT_EQ(one.train.fingerprint, image::split(blank(100, "a"), blank(10, "b"), config).train.fingerprint);
  EXPECT_NE(one.train.fingerprint, image::split(blank(100, "c"), blank(10, "b"), config).train.fingerprint);
  config.split_seed = 1;
  EXPECT_NE(one.train.fingerprint, image::split(blank(100, "a"), blank(10, "b"), config).train.fingerprint);
}

TEST(Splits, RefuseMoreThanThereIs) {
  EXPECT_NO_THROW(image::split(blank(100, "a"), blank(10, "b"), sizes(60, 20, 20)));
  try {
    image::split(blank(100, "a"), blank(10, "b"), sizes(60, 20, 21));
    FAIL();
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::config);
    EXPECT_STREQ(e.what(),
                 "data: train_images + calibration_images + validation_images = 60 + 20 + 21 is more than the 100 training images there "
                 "are; set data.train_images to 59");
  }
  auto trained = sizes(60, 30, 120);
  trained.trains_supernet = false;
  try {
    image::split(blank(100, "a"), blank(10, "b"), trained);
    FAIL();
  } catch (Error const& e) {
    EXPECT_NE(std::string(e.what()).find("; set data.train_images to 0, data.calibration_images to 20 and data.validation_images to 80"),
              std::string::npos)
        << e.what();
  }
}

TEST(Splits, WhatTheMessageSaysFits) {
  for (int available : {3, 17, 100, 999})
    for (bool trains : {false, true}) {
      auto const fitting = image::fitting_counts({60, 500, 700}, {}, trains, static_cast<std::size_t>(available));
      EXPECT_NO_THROW(image::split(blank(available, "a"), blank(10, "b"), sizes(fitting.train, fitting.calibration, fitting.validation)));
    }
}

TEST(Augment, IsThePlainImageWhenOffAndAPureFunctionOfItsStream) {
  std::vector<std::uint8_t> const picture{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<std::uint8_t> out(9), again(9);
  RandomStream none(1, "t");
  image::augment(picture, 1, 3, 3, {}, none, out);
  EXPECT_EQ(out, picture);
  int changed = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    RandomStream a(1, "t", i), b(1, "t", i);
    image::augment(picture, 1, 3, 3, {.flip = true, .shift = 1}, a, out);
    image::augment(picture, 1, 3, 3, {.flip = true, .shift = 1}, b, again);
    EXPECT_EQ(out, again);
    changed += out != picture;
    for (auto pixel : out) EXPECT_LE(pixel, 9);
  }
  EXPECT_GT(changed, 30);
}

}  // namespace
