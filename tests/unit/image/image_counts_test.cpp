#include "common/image/image_counts.hpp"

#include <gtest/gtest.h>

#include "common/image/data_config.hpp"

namespace {

using namespace apq;
using image::fitting_counts;
using image::ImageCounts;

constexpr ImageCounts defaults{50000, 1000, 4000};

TEST(ImageCounts, StayWhereTheyFit) {
  for (bool trains : {false, true}) {
    EXPECT_EQ(fitting_counts(defaults, {}, trains, 55000), defaults);
    EXPECT_EQ(fitting_counts(defaults, {}, trains, 1'281'167), defaults);
    EXPECT_EQ(fitting_counts({0, 1, 1}, {}, trains, 2), (ImageCounts{0, 1, 1}));
  }
}

TEST(ImageCounts, TrainingImagesGoFirstWhereNothingIsTrained) {
  EXPECT_EQ(fitting_counts(defaults, {}, false, 54999), (ImageCounts{0, 1000, 4000}));
  EXPECT_EQ(fitting_counts(defaults, {}, false, 5000), (ImageCounts{0, 1000, 4000}));
  EXPECT_EQ(fitting_counts(defaults, {}, false, 1000), (ImageCounts{0, 200, 800}));
  EXPECT_EQ(fitting_counts(defaults, {}, false, 2), (ImageCounts{0, 1, 1}));
}

TEST(ImageCounts, ASupernetKeepsHalfOfTheImages) {
  EXPECT_EQ(fitting_counts(defaults, {}, true, 54999), (ImageCounts{49999, 1000, 4000}));
  EXPECT_EQ(fitting_counts(defaults, {}, true, 10000), (ImageCounts{5000, 1000, 4000}));
  EXPECT_EQ(fitting_counts(defaults, {}, true, 1000), (ImageCounts{500, 100, 400}));
}

TEST(ImageCounts, WhatWasAskedForStays) {
  EXPECT_EQ(fitting_counts({50000, 300, 4000}, {.calibration = true}, false, 1000), (ImageCounts{0, 300, 700}));
  EXPECT_EQ(fitting_counts({50000, 1000, 700}, {.validation = true}, false, 1000), (ImageCounts{0, 300, 700}));
  EXPECT_EQ(fitting_counts({100, 1000, 4000}, {.train = true}, false, 1000), (ImageCounts{100, 180, 720}));
  EXPECT_EQ(fitting_counts({50000, 300, 600}, {.calibration = true, .validation = true}, true, 1000), (ImageCounts{100, 300, 600}));
}

TEST(ImageCounts, AreUnchangedWhereWhatWasAskedForCannotFit) {
  for (auto const& [wanted, given] : {std::pair(ImageCounts{50000, 1000, 4000}, image::CountsGiven{true, true, true}),
                                      std::pair(ImageCounts{50000, 1000, 4000}, image::CountsGiven{.train = true}),
                                      std::pair(ImageCounts{50000, 1000, 4000}, image::CountsGiven{.calibration = true}),
                                      std::pair(ImageCounts{50000, 1000, 4000}, image::CountsGiven{.validation = true})})
    EXPECT_EQ(fitting_counts(wanted, given, false, 1000), wanted);
  EXPECT_EQ(fitting_counts(defaults, {}, false, 1), defaults);
  EXPECT_EQ(fitting_counts(defaults, {}, true, 0), defaults);
}

TEST(ImageCounts, TheConfigurationSaysWhichAreGiven) {
  auto const read = [](std::string const& text) { return image::read_data_config(Config::parse(text, "c.yaml")); };
  auto const none = read("{}");
  EXPECT_FALSE(none.given.train || none.given.calibration || none.given.validation);
  EXPECT_EQ(none.counts(), defaults);
  auto const some = read("{train_images: 50000, validation_images: 3}");
  EXPECT_TRUE(some.given.train && !some.given.calibration && some.given.validation);
  EXPECT_EQ(some.counts(), (ImageCounts{50000, 1000, 3}));
}

}  // namespace
