#include "train/training_phase.hpp"

#include <string>

#include <gtest/gtest.h>

using namespace apq::train;

namespace {

SupernetConfig two_phases() {
  SupernetConfig config;
  config.teacher_epochs = 2;
  config.epochs = 3;
  config.teacher_learning_rate = 0.4;
  config.learning_rate = 0.2;
  config.warmup = 0.25;
  return config;
}

TEST(TrainingPhase, TeacherThenSandwich) {
  auto const config = two_phases();
  for (int epoch : {0, 1}) {
    EXPECT_FALSE(phase_of(config, epoch).is_sandwich);
    EXPECT_EQ(phase_of(config, epoch).first_epoch, 0);
  }
  for (int epoch : {2, 3, 4}) {
    EXPECT_TRUE(phase_of(config, epoch).is_sandwich);
    EXPECT_EQ(phase_of(config, epoch).first_epoch, 2);
  }
  EXPECT_EQ(phase_of(config, 0).name(), std::string("teacher"));
  EXPECT_EQ(phase_of(config, 0).rate_key(), std::string("teacher_learning_rate"));
  EXPECT_EQ(phase_of(config, 2).name(), std::string("sandwich"));
  EXPECT_EQ(phase_of(config, 2).rate_key(), std::string("learning_rate"));
  auto without_teacher = config;
  without_teacher.teacher_epochs = 0;
  EXPECT_TRUE(phase_of(without_teacher, 0).is_sandwich);
}

TEST(TrainingPhase, RateRisesAndFallsWithinEach) {
  auto const config = two_phases();
  auto const teacher = phase_of(config, 0), sandwich = phase_of(config, 2);
  EXPECT_DOUBLE_EQ(learning_rate(teacher, 0, 0, 10), 0);
  EXPECT_DOUBLE_EQ(learning_rate(teacher, 0, 5, 10), 0.4);  // a quarter of 20 steps
  EXPECT_LT(learning_rate(teacher, 1, 9, 10), 0.02);
  EXPECT_DOUBLE_EQ(learning_rate(sandwich, 2, 0, 12), 0);
  EXPECT_DOUBLE_EQ(learning_rate(sandwich, 2, 9, 12), 0.2);  // of 36
  EXPECT_LT(learning_rate(sandwich, 4, 11, 12), 0.01);
}

}  // namespace
