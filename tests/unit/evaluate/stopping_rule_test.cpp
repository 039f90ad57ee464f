#include "evaluate/stopping_rule.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/core/random.hpp"

namespace {

using namespace apq;
using evaluate::StoppingRule;

TEST(StoppingRule, OffByDefault) {
  StoppingRule const rule;
  EXPECT_FALSE(rule.is_on());
  EXPECT_FALSE(rule.is_enough(1'000'000'000, 1'000'000'000));
  EXPECT_EQ(rule.text(), "");
  EXPECT_FALSE(evaluate::read_stopping_rule(Config::parse("{}", "c.yaml")).is_on());
}

TEST(StoppingRule, StopsWhereTheWilsonIntervalIsAsNarrowAsAsked) {
  StoppingRule const rule(1.0, 0.95);
  // At 90 % the half width is 1.96 sqrt(0.09 / n) to first order: 1 point from n = 3,457 on.
  EXPECT_FALSE(rule.is_enough(3060, 3400));
  EXPECT_TRUE(rule.is_enough(3150, 3500));
  // At an even chance five times as many do not do; at 99 % few hundred do.
  EXPECT_FALSE(rule.is_enough(4500, 9000));
  EXPECT_TRUE(rule.is_enough(495, 500));
  EXPECT_FALSE(rule.is_enough(0, 0));
  // More confidence wants more images.
  EXPECT_FALSE(StoppingRule(1.0, 0.99).is_enough(3150, 3500));
}

TEST(StoppingRule, ReadsItsKeysAndNamesThemInTheHash) {
  auto const read = [](char const* text) {
    auto const config = Config::parse(text, "c.yaml");
    auto const rule = evaluate::read_stopping_rule(config);
    config.finish();
    return rule;
  };
  EXPECT_EQ(read("{half_width_points: 0.7, confidence: 0.9}").text(), StoppingRule(0.7, 0.9).text());
  EXPECT_NE(StoppingRule(0.7, 0.9).text(), StoppingRule(0.7, 0.95).text());
  for (char const* text : {"{half_width_points: -1}", "{half_width_points: 1, confidence: 1}", "{half_width: 1}"})
    EXPECT_THROW(read(text), Error) << text;
}

// Labels that stop by themselves, batch after batch: how often does the interval of such a label hold the true accuracy?
TEST(StoppingRule, CoverageStaysCloseToTheConfidence) {
  StoppingRule const rule(2.0, 0.95);
  constexpr int trials = 4000, batch = 100, most = 5000;
  std::uint64_t key = 0;
  for (double p : {0.7, 0.9, 0.97}) {
    int covered = 0;
    double images = 0;
    for (int t = 0; t < trials; ++t) {
      RandomStream random(1, "test.coverage", key++);
      std::uint64_t correct = 0, total = 0;
      while (total < most && !rule.is_enough(correct, total)) {
        for (int i = 0; i < batch; ++i) correct += random.uniform() < p;
        total += batch;
      }
      auto const interval = wilson_interval(correct, total);
      covered += interval.low <= p && p <= interval.high;
      images += static_cast<double>(total) / trials;
    }
    EXPECT_GT(covered / static_cast<double>(trials), 0.93) << p;
    EXPECT_LT(images, most) << p;
  }
}

}  // namespace
