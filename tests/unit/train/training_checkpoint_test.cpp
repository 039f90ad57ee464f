#include "train/training_checkpoint.hpp"

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/core/error.hpp"
#include "support/image_split.hpp"
#include "support/temp_dir.hpp"
#include "support/tiny_space.hpp"

using namespace apq;
using namespace apq::train;

namespace {

TrainingState some_state() { return {3, at::tensor({1.0F, 2.0F}), at::tensor({-1.0F, 0.5F}), {"{\"epoch\":1}", "two"}, {7, 0.1, 2.5}}; }

std::string failure(std::filesystem::path const& file, std::string const& identity = "id", std::int64_t num_parameters = 2) {
  try {
    load_checkpoint(file, identity, num_parameters);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), Errc::data);
    return error.what();
  }
  return "";
}

TEST(TrainingCheckpoint, ComesBackAsItWas) {
  test::TempDir const dir;
  auto const file = dir.path() / "supernet.checkpoint";
  EXPECT_FALSE(load_checkpoint(file, "id", 2));
  save_checkpoint(file, some_state(), "id");
  auto const state = load_checkpoint(file, "id", 2);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->epochs_done, 3);
  EXPECT_TRUE(state->values.equal(some_state().values));
  EXPECT_TRUE(state->velocity.equal(some_state().velocity));
  EXPECT_EQ(state->log_lines, some_state().log_lines);
  EXPECT_EQ(state->begun.steps, 7u);
  EXPECT_EQ(state->begun.loss_sum, 0.1);
  EXPECT_EQ(state->begun.seconds, 2.5);
}

TEST(TrainingCheckpoint, RefusesAnotherTrainingsAndDamagedOnes) {
  test::TempDir const dir;
  auto const file = dir.path() / "supernet.checkpoint";
  save_checkpoint(file, some_state(), "id");
  EXPECT_EQ(failure(file), "");
  EXPECT_NE(failure(file, "other").find("belongs to another training"), std::string::npos);
  EXPECT_NE(failure(file, "id", 3).find("does not fit the supernet's 3 parameters"), std::string::npos);
  auto const whole = checkpoint::load_state_dict(file);
  for (auto const& [key, tensor] : whole) {
    auto damaged = whole;
    damaged.erase(key);
    checkpoint::save_state_dict(file, damaged);
    EXPECT_NE(failure(file).find("is not a supernet training checkpoint (" + key), std::string::npos) << failure(file);
    damaged[key] = tensor.to(at::kDouble);
    checkpoint::save_state_dict(file, damaged);
    EXPECT_NE(failure(file).find("is not a supernet training checkpoint (" + key), std::string::npos) << failure(file);
  }
  for (std::string const text : {"[1, 2]", "{}", "[\"cut"}) {
    auto damaged = whole;
    auto bytes = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
    std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
    damaged["log"] = bytes;
    checkpoint::save_state_dict(file, damaged);
    EXPECT_NE(failure(file).find("its log is damaged"), std::string::npos) << text;
  }
}

// Whatever the weights depend on is another training.
TEST(TrainingCheckpoint, IdentityIsOfEverySetting) {
  auto const space = test::tiny_space();
  auto const split = test::random_split("train", 4, 1, 32, 10);
  SupernetConfig const config;
  image::Normalisation const normalisation{{0.5}, {0.25}};
  std::set<std::string> seen{training_identity(space, split, normalisation, config, 1)};
  EXPECT_TRUE(seen.contains(training_identity(space, split, normalisation, config, 1)));
  EXPECT_TRUE(seen.insert(training_identity(space, split, normalisation, config, 2)).second);
  EXPECT_TRUE(seen.insert(training_identity(space, split, {{0.5}, {0.5}}, config, 1)).second);
  EXPECT_TRUE(seen.insert(training_identity(test::few_hundred_subnets(), split, normalisation, config, 1)).second);
  EXPECT_TRUE(seen.insert(training_identity(space, test::random_split("other", 4, 1, 32, 10), normalisation, config, 1)).second);
  EXPECT_TRUE(seen.insert(training_identity(space, test::random_split("train", 4, 1, 40, 10), normalisation, config, 1)).second);
  std::vector<std::function<void(SupernetConfig&)>> const changes{[](auto& c) { c.teacher_epochs += 1; },
                                                                  [](auto& c) { c.epochs += 1; },
                                                                  [](auto& c) { c.batch += 1; },
                                                                  [](auto& c) { c.random_subnets += 1; },
                                                                  [](auto& c) { c.teacher_learning_rate += 1; },
                                                                  [](auto& c) { c.learning_rate += 1; },
                                                                  [](auto& c) { c.warmup += 0.1; },
                                                                  [](auto& c) { c.momentum += 0.01; },
                                                                  [](auto& c) { c.weight_decay += 1; },
                                                                  [](auto& c) { c.label_smoothing += 0.1; },
                                                                  [](auto& c) { c.augmentation.flip = true; },
                                                                  [](auto& c) { c.augmentation.shift = 1; },
                                                                  [](auto& c) { c.augmentation.random_crop = 1; },
                                                                  [](auto& c) { c.augmentation.brightness = 1; },
                                                                  [](auto& c) { c.augmentation.contrast = 1; },
                                                                  [](auto& c) { c.augmentation.saturation = 1; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto changed = config;
    changes[i](changed);
    EXPECT_TRUE(seen.insert(training_identity(space, split, normalisation, changed, 1)).second) << "change " << i;
  }
  auto only_for_the_log = config;
  only_for_the_log.monitor_images = 1;
  only_for_the_log.checkpoint_epochs = 5;
  EXPECT_EQ(training_identity(space, split, normalisation, only_for_the_log, 1), training_identity(space, split, normalisation, config, 1));
}

}  // namespace
