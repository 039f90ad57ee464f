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
