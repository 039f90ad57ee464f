#include "common/core/interval.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace {
using namespace apq;

TEST(TwoSidedQuantile, KnownValues) {
  EXPECT_NEAR(two_sided_quantile(0.95), 1.959964, 1e-6);
  EXPECT_NEAR(two_sided_quantile(0.99), 2.575829, 1e-6);
  EXPECT_NEAR(two_sided_quantile(0.5), 0.674490, 1e-6);
}

TEST(StudentQuantile, KnownValues) {  // tables of Student's t
  EXPECT_NEAR(student_quantile(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 2), 4.3027, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 3), 3.1824, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 10), 2.2281, 1e-4);
  EXPECT_NEAR(student_quantile(0.99, 7), 3.4995, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 100), 1.9840, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 10'000), two_sided_quantile(0.95), 3e-4);
  EXPECT_NEAR(student_quantile(0.95, 10'001), student_quantile(0.95, 10'000), 3e-4);
}

TEST(MeanInterval, WorkedExample) {
  // 1 2 3 4: mean 2.5, deviation 1.290994, half width 3.182446 x 1.290994 / 2.
  double const values[] = {1, 2, 3, 4};
  auto const interval = mean_interval(values);
  ASSERT_TRUE(interval.has_value());
  EXPECT_DOUBLE_EQ(interval->mean, 2.5);
  EXPECT_NEAR(interval->deviation, 1.290994, 1e-6);
  EXPECT_NEAR(interval->high, 2.5 + 2.054260, 1e-6);
  EXPECT_NEAR(interval->low, 2.5 - 2.054260, 1e-6);
  EXPECT_FALSE(mean_interval(std::span(values, 1)).has_value());
}

TEST(WilsonInterval, WorkedExample) {
  // 8 of 10 at 95 %: centre (0.8 + z^2/20) / (1 + z^2/10) = 0.716740, half width 0.226578.
  auto const interval = wilson_interval(8, 10);
  EXPECT_NEAR(interval.low, 0.490162, 1e-6);
  EXPECT_NEAR(interval.high, 0.943318, 1e-6);
}

TEST(WilsonInterval, TheEndsSolveTheScoreEquation) {
  double const z = 1.959964;
  for (std::uint64_t total : {1u, 7u, 100u, 10'000u})
    for (std::uint64_t correct : {std::uint64_t{0}, total / 3, total}) {
      auto const interval = wilson_interval(correct, total, z);
      double const p = static_cast<double>(correct) / static_cast<double>(total);
      for (double end : {interval.low, interval.high}) {
        if (end <= 1e-12 || end >= 1 - 1e-12) continue;
        EXPECT_NEAR(std::abs(p - end), z * std::sqrt(end * (1 - end) / static_cast<double>(total)), 1e-9);
      }
      EXPECT_LE(interval.low, p + 1e-12);
      EXPECT_GE(interval.high, p - 1e-12);
      EXPECT_GE(interval.low, 0.0);
      EXPECT_LE(interval.high, 1.0);
    }
}

TEST(WilsonInterval, MoreSamplesNarrowIt) {
  auto width = [](Interval i) { return i.high - i.low; };
  EXPECT_LT(width(wilson_interval(900, 1000)), width(wilson_interval(90, 100)));
  EXPECT_LT(width(wilson_interval(90, 100, 1.0)), width(wilson_interval(90, 100, 2.0)));
}

TEST(WilsonInterval, NothingMeasuredSaysNothing) {
  auto const interval = wilson_interval(0, 0);
  EXPECT_EQ(interval.low, 0.0);
  EXPECT_EQ(interval.high, 1.0);
}

}  // namespace
