#include "train/metrics.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

using namespace apq::train;
using Values = std::vector<double>;

namespace {

// Hand-counted: x = 1 2 3 4 5, y = 1 3 2 5 4 has 8 concordant and 2 discordant pairs.
TEST(TrainMetrics, HandComputedWithoutTies) {
  Values const x{1, 2, 3, 4, 5}, y{1, 3, 2, 5, 4};
  auto const counts = count_pairs(x, y);
  EXPECT_EQ(counts.all, 10u);
  EXPECT_EQ(counts.concordant, 8u);
  EXPECT_EQ(counts.discordant, 2u);
  EXPECT_DOUBLE_EQ(kendall_tau_b(x, y), 0.6);
  EXPECT_DOUBLE_EQ(pairwise_accuracy(x, y), 0.8);
  EXPECT_DOUBLE_EQ(spearman_rho(x, y), 1 - 6 * 4.0 / (5 * 24));  // 1 - 6 sum d^2 / (n (n^2 - 1))
}

// The example of scipy.stats.kendalltau: tau-b = -0.4714045207910316.
TEST(TrainMetrics, HandComputedWithTies) {
  Values const x{12, 2, 1, 12, 2}, y{1, 4, 7, 1, 0};
  auto const counts = count_pairs(x, y);
  EXPECT_EQ(counts.tied_x, 2u);
  EXPECT_EQ(counts.tied_y, 1u);
  EXPECT_EQ(counts.tied_both, 1u);
  EXPECT_EQ(counts.concordant, 2u);
  EXPECT_EQ(counts.discordant, 6u);
  EXPECT_NEAR(kendall_tau_b(x, y), -0.4714045207910316, 1e-15);
  EXPECT_DOUBLE_EQ(pairwise_accuracy(x, y), 2.0 / 9);  // the pair tied in y has no right order
  // Ranks 4.5 2.5 1 4.5 2.5 and 2.5 4 5 2.5 1: covariance -5, variances 9 and 9.5.
  EXPECT_NEAR(spearman_rho(x, y), -5 / std::sqrt(9 * 9.5), 1e-15);
}

TEST(TrainMetrics, RmseIsInPoints) {
  EXPECT_NEAR(rmse_points(Values{0.5, 0.7}, Values{0.53, 0.66}), 100 * std::sqrt((0.0009 + 0.0016) / 2), 1e-12);
  EXPECT_EQ(rmse_points(Values{}, Values{}), 0);
}

TEST(TrainMetrics, ConstantsAndTinySamplesAreDefined) {
  Values const constant{1, 1, 1}, rising{1, 2, 3};
  EXPECT_EQ(kendall_tau_b(constant, rising), 0);
  EXPECT_EQ(kendall_tau_b(rising, constant), 0);
  EXPECT_EQ(spearman_rho(constant, rising), 0);
  EXPECT_EQ(pairwise_accuracy(constant, rising), 0);  // a predicted tie is wrong
  EXPECT_EQ(pairwise_accuracy(rising, constant), 0.5);
  for (auto const statistic : {kendall_tau_b, spearman_rho, rmse_points}) {
    EXPECT_EQ(statistic(Values{}, Values{}), 0);
    EXPECT_EQ(statistic(Values{1}, Values{1}), 0);
  }
}

TEST(TrainMetrics, RefusesUnequalLengthsAndNan) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  for (auto const statistic : {kendall_tau_b, spearman_rho, pairwise_accuracy, rmse_points}) {
    EXPECT_THROW(statistic(Values{1}, Values{1, 2}), apq::Error);
    EXPECT_THROW(statistic(Values{1, nan}, Values{1, 2}), apq::Error);
  }
}

struct Sample {
  Values x, y;
};
Sample random_sample(std::uint64_t index) {
  apq::RandomStream random(3, "test.metrics", index);
  Sample s;
  auto const n = 2 + random.below(40);
  for (std::uint64_t i = 0; i < n; ++i) {
    s.x.push_back(static_cast<double>(random.below(8)));  // few values, so that there are ties
    s.y.push_back(static_cast<double>(random.below(8)));
  }
  return s;
}

TEST(TrainMetrics, CountsAgreeWithAllPairs) {
  for (std::uint64_t k = 0; k < 300; ++k) {
    auto const [x, y] = random_sample(k);
    PairCounts slow;
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t j = i + 1; j < x.size(); ++j) {
        ++slow.all;
        slow.tied_x += x[i] == x[j];
        slow.tied_y += y[i] == y[j];
        slow.tied_both += x[i] == x[j] && y[i] == y[j];
        slow.concordant += (x[i] - x[j]) * (y[i] - y[j]) > 0;
        slow.discordant += (x[i] - x[j]) * (y[i] - y[j]) < 0;
      }
    auto const fast = count_pairs(x, y);
    EXPECT_EQ(fast.all, slow.all);
    EXPECT_EQ(fast.tied_x, slow.tied_x);
    EXPECT_EQ(fast.tied_y, slow.tied_y);
    EXPECT_EQ(fast.tied_both, slow.tied_both);
    EXPECT_EQ(fast.concordant, slow.concordant);
    EXPECT_EQ(fast.discordant, slow.discordant);
  }
}

TEST(TrainMetrics, Invariances) {
  for (std::uint64_t k = 0; k < 100; ++k) {
    auto const [x, y] = random_sample(k);
    Values stretched, negated;
    for (double const v : x) {
      stretched.push_back(std::exp(v));
      negated.push_back(-v);
    }
    for (auto const statistic : {kendall_tau_b, spearman_rho}) {
      double const value = statistic(x, y);
      EXPECT_NEAR(statistic(y, x), value, 1e-12);
      EXPECT_NEAR(statistic(stretched, y), value, 1e-12);
      EXPECT_NEAR(statistic(negated, y), -value, 1e-12);
      EXPECT_LE(std::abs(value), 1 + 1e-12);
    }
    EXPECT_EQ(pairwise_accuracy(stretched, y), pairwise_accuracy(x, y));
    EXPECT_NEAR(kendall_tau_b(y, y), count_pairs(y, y).tied_y == count_pairs(y, y).all ? 0 : 1, 1e-12);
  }
}

TEST(TrainMetrics, BootstrapBracketsTheValueAndRepeats) {
  auto const [x, y] = random_sample(5);
  auto const a = measure(x, y, 500, 1), b = measure(x, y, 500, 1);
  for (auto const member : {&Metrics::kendall_tau, &Metrics::spearman, &Metrics::pairwise_accuracy, &Metrics::rmse_points}) {
    EXPECT_LT((a.*member).low, (a.*member).value);
    EXPECT_GT((a.*member).high, (a.*member).value);
    EXPECT_EQ((a.*member).low, (b.*member).low);
    EXPECT_EQ((a.*member).high, (b.*member).high);
  }
  auto const none = estimate(rmse_points, x, y, 0, apq::RandomStream(1, "t"));
  EXPECT_EQ(none.low, none.value);
  EXPECT_EQ(none.high, none.value);
  auto const same = estimate_difference(rmse_points, x, x, y, 100, apq::RandomStream(1, "t"));
  EXPECT_EQ(same.value, 0);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
}

TEST(TrainMetrics, TauWithinGroupsIgnoresTheOrderBetweenThem) {
  Values const truth{1, 2, 3, 10, 20, 5}, predicted{1, 2, 3, 2, 1, 9};
  std::vector<int> const groups{7, 7, 7, 8, 8, 9};  // the last group has no pair
  EXPECT_NEAR(kendall_tau_within(predicted, truth, groups), (3 * 1.0 + 2 * -1.0) / 5, 1e-12);
  EXPECT_EQ(kendall_tau_within(Values{1}, Values{1}, std::vector<int>{1}), 0);
}

// The 95 % interval of a mean-like statistic should hold the true value about 95 times of 100.
TEST(TrainMetrics, BootstrapCovers) {
  int covered = 0;
  constexpr int trials = 200;
  for (int t = 0; t < trials; ++t) {
    apq::RandomStream random(11, "test.coverage", static_cast<std::uint64_t>(t));
    Values zero(60, 0.0), error;
    for (std::size_t i = 0; i < zero.size(); ++i) error.push_back(0.01 * random.normal());
    auto const e = estimate(rmse_points, error, zero, 200, apq::RandomStream(1, "t", static_cast<std::uint64_t>(t)));
    covered += e.low <= 1.0 && 1.0 <= e.high;
  }
  EXPECT_GE(covered, 170);
  EXPECT_LE(covered, 199);
}

}  // namespace
