#include "common/energy/attribution.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "common/core/random.hpp"

namespace apq::energy {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

TEST(Attribution, ANodeOfItsOwnIsAllTheJobs) {
  auto const a =
      attributed({.wall_s = 10, .node_joules = 1000, .processor_s = {10, 10}, .busy_s = unknown, .processors = 4}, NodeUse::exclusive);
  EXPECT_DOUBLE_EQ(a.total, 1000);
  EXPECT_DOUBLE_EQ(a.idle, 500) << "two of four processors";
  EXPECT_DOUBLE_EQ(a.to_ranks[0], 250);
  EXPECT_DOUBLE_EQ(a.per_processor_s, 25);
}

TEST(Attribution, JobsOnANodeShareItsCounterAndDoNotBothCountIt) {
  Interval mine{.wall_s = 10, .node_joules = 900, .processor_s = {8, 2}, .busy_s = 30, .processors = 4};
  Interval theirs = mine;
  theirs.processor_s = {20};
  auto const a = attributed(mine, NodeUse::shared), b = attributed(theirs, NodeUse::shared);
  EXPECT_DOUBLE_EQ(a.total, 300);
  EXPECT_DOUBLE_EQ(a.total + b.total, 900);
  EXPECT_DOUBLE_EQ(a.idle, 75);
  EXPECT_DOUBLE_EQ(a.to_ranks[0] + a.to_ranks[1], 225);
  EXPECT_DOUBLE_EQ(a.to_ranks[0], 4 * a.to_ranks[1]);
}

TEST(Attribution, WhatIsDeclaredOrOfAGpuIsNotShared) {
  auto const a = attributed({.wall_s = 1, .node_joules = 0, .own_joules = 70, .processor_s = {1, 6}, .busy_s = 100, .processors = 64},
                            NodeUse::shared);
  EXPECT_DOUBLE_EQ(a.total, 70);
  EXPECT_DOUBLE_EQ(a.idle, 0);
  EXPECT_DOUBLE_EQ(a.to_ranks[1], 60);
}

TEST(Attribution, UnknownIsUnknown) {
  auto const a = attributed({.wall_s = 1, .node_joules = unknown, .processor_s = {1}, .processors = 2}, NodeUse::exclusive);
  EXPECT_TRUE(std::isnan(a.total));
  EXPECT_TRUE(std::isnan(a.to_ranks[0]));
}

TEST(Attribution, NothingIsMadeNorLost) {
  RandomStream random(5, "test.attribution", 0);
  for (int i = 0; i < 10'000; ++i) {
    Interval interval{
        .wall_s = random.uniform(), .node_joules = 100 * random.uniform(), .own_joules = 50 * random.uniform(), .processors = 8};
    for (auto ranks = 1 + random.below(4); ranks-- > 0;) interval.processor_s.push_back(random.chance(0.2) ? 0 : 2 * random.uniform());
    if (random.chance(0.5)) interval.busy_s = 8 * random.uniform();
    for (auto const use : {NodeUse::exclusive, NodeUse::shared}) {
      auto const a = attributed(interval, use);
      auto const own_s = std::accumulate(interval.processor_s.begin(), interval.processor_s.end(), 0.0);
      auto const ranks = std::accumulate(a.to_ranks.begin(), a.to_ranks.end(), 0.0);
      EXPECT_LE(a.total, interval.node_joules + interval.own_joules + 1e-9);
      EXPECT_GE(a.idle, 0);
      EXPECT_NEAR(ranks, own_s > 0 ? a.total - a.idle : 0, 1e-9);
      if (use == NodeUse::exclusive) {
        EXPECT_NEAR(a.total, interval.node_joules + interval.own_joules, 1e-9);
      }
    }
  }
}

}  // namespace
}  // namespace apq::energy
