#include "train/learning_rate.hpp"

#include <gtest/gtest.h>

using namespace apq::train;

namespace {

TEST(LearningRate, CosineFallsFromThePeakToZero) {
  EXPECT_DOUBLE_EQ(cosine_rate(0.2, 0, 80), 0.2);
  EXPECT_DOUBLE_EQ(cosine_rate(0.2, 40, 80), 0.1);
  EXPECT_NEAR(cosine_rate(0.2, 80, 80), 0, 1e-17);
  for (int step = 1; step < 80; ++step) EXPECT_LT(cosine_rate(0.2, step, 80), cosine_rate(0.2, step - 1, 80));
}

TEST(LearningRate, WarmUpIsLinearAndMeetsTheCosineAtThePeak) {
  EXPECT_DOUBLE_EQ(warmed_up_cosine_rate(0.2, 0.1, 0), 0);
  EXPECT_DOUBLE_EQ(warmed_up_cosine_rate(0.2, 0.1, 0.05), 0.1);
  EXPECT_DOUBLE_EQ(warmed_up_cosine_rate(0.2, 0.1, 0.1), 0.2);
  EXPECT_NEAR(warmed_up_cosine_rate(0.2, 0.1, 0.55), 0.1, 1e-15);
  EXPECT_NEAR(warmed_up_cosine_rate(0.2, 0.1, 1), 0, 1e-17);
  EXPECT_DOUBLE_EQ(warmed_up_cosine_rate(0.2, 0, 0), 0.2);  // no warm-up, no division by it
}

}  // namespace
