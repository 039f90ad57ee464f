#include "train/supernet_config.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

using namespace apq;

namespace {

train::SupernetConfig read(std::string const& text) {
  auto config = Config::parse(text, "test.yaml");
  auto const result = train::read_supernet_config(config.section("supernet"));
  config.finish();
  return result;
}

TEST(SupernetConfig, DefaultsAndValues) {
  auto const defaults = read("{}");
  EXPECT_EQ(defaults.teacher_epochs, 6);
  EXPECT_EQ(defaults.epochs, 14);
  EXPECT_EQ(defaults.batch, 128);
  EXPECT_EQ(defaults.random_subnets, 2);
  EXPECT_DOUBLE_EQ(defaults.warmup, 0.05);
  EXPECT_EQ(defaults.augmentation, image::Augmentation{});
  EXPECT_EQ(defaults.checkpoint_epochs, 1);
  EXPECT_EQ(defaults.monitor_images, 2000);
  auto const c = read(
      "supernet: {teacher_epochs: 0, epochs: 3, batch: 10, random_subnets: 0, teacher_learning_rate: 0.3, learning_rate: 0.2, warmup: 0, "
      "momentum: 0.5, weight_decay: 0.01, label_smoothing: 0, flip: true, shift: 2, random_crop: 0.5, brightness: 0.1, contrast: 0.2, "
      "saturation: 0.3, checkpoint_epochs: 4, monitor_images: 7}");
  EXPECT_EQ(c.teacher_epochs, 0);
  EXPECT_EQ(c.epochs, 3);
  EXPECT_EQ(c.batch, 10);
  EXPECT_EQ(c.random_subnets, 0);
  EXPECT_DOUBLE_EQ(c.teacher_learning_rate, 0.3);
  EXPECT_DOUBLE_EQ(c.learning_rate, 0.2);
  EXPECT_DOUBLE_EQ(c.warmup, 0);
  EXPECT_DOUBLE_EQ(c.momentum, 0.5);
  EXPECT_DOUBLE_EQ(c.weight_decay, 0.01);
  EXPECT_DOUBLE_EQ(c.label_smoothing, 0);
  EXPECT_EQ(c.augmentation, (image::Augmentation{true, 2, 0.5, 0.1, 0.2, 0.3}));
  EXPECT_EQ(c.checkpoint_epochs, 4);
  EXPECT_EQ(c.monitor_images, 7);
}

TEST(SupernetConfig, RefusesWhatIsOutOfRangeOrUnknown) {
  for (auto const* key :
       {"teacher_epochs: -1", "epochs: 10001", "batch: 0", "random_subnets: 65", "teacher_learning_rate: -0.1", "learning_rate: 101",
        "warmup: 0.91", "momentum: 1", "weight_decay: -1", "label_smoothing: 1", "shift: 65", "random_crop: 1.1", "brightness: -0.1",
        "contrast: 2", "saturation: 2", "checkpoint_epochs: 0", "monitor_images: 0", "images: 3"}) {
    try {
      read(std::string("supernet: {") + key + "}");
      ADD_FAILURE() << key;
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), Errc::config);
      EXPECT_NE(std::string(error.what()).find("test.yaml:1"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
