#include "search/limits.hpp"

#include <gtest/gtest.h>

namespace {

using namespace apq;
using cost::Metric;

search::Limits const limits{{Metric::latency_ms, 0.5}, {Metric::macs, 1e6}};

TEST(Limits, AreMetUpToAndAtTheirValues) {
  EXPECT_TRUE(search::is_met(limits, {.latency_ms = 0.5, .macs = 1e6}));
  EXPECT_FALSE(search::is_met(limits, {.latency_ms = 0.5, .macs = 1e6 + 1}));
  EXPECT_FALSE(search::is_met(limits, {.latency_ms = 0.51, .macs = 1e6}));
}

TEST(Limits, ViolationIsTheSumOfRelativeExcesses) {
  EXPECT_EQ(search::violation(limits, {.latency_ms = 0.5, .macs = 1}), 0);
  EXPECT_DOUBLE_EQ(search::violation(limits, {.latency_ms = 1, .macs = 1.25e6}), 1.25);
  EXPECT_DOUBLE_EQ(search::violation(limits, {.latency_ms = 1, .macs = 1}), 1) << "room under one limit pays for no other";
}

TEST(Limits, AreDescribed) { EXPECT_EQ(search::describe(limits), "latency_ms <= 0.5 and macs <= 1e+06"); }

}  // namespace
