#include "common/cost/metric.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace {
using namespace apq;
using namespace apq::cost;

/// Another number in every field.
Cost numbered(double first) {
  Cost cost;
  for (auto const& row : metrics) cost.*row.field = first++;
  return cost;
}

TEST(Metric, EveryRowHasAFieldAndANameOfItsOwn) {
  auto const cost = numbered(1);
  std::set<double> values;
  std::set<std::string> names;
  for (auto const& row : metrics) {
    values.insert(value_of(cost, row.metric));
    names.insert(name_of(row.metric));
    EXPECT_EQ(metric_from_name(row.name), row.metric);
  }
  EXPECT_EQ(values.size(), num_metrics);
  EXPECT_EQ(names.size(), num_metrics);
}

TEST(Metric, AnUnknownNameIsRefusedWithTheNames) {
  try {
    metric_from_name("flops");
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::config);
    EXPECT_STREQ(e.what(), "flops: is not a cost; choose one of: latency_ms, energy_mj, bitops, size_bytes, macs, params");
  }
}

TEST(Metric, SumsAndDifferencesTakeEveryField) {
  auto cost = numbered(1);
  cost += numbered(10);
  double expected = 11;
  for (auto const& row : metrics) {
    EXPECT_EQ(cost.*row.field, expected) << row.name;
    expected += 2;
  }
  cost -= numbered(10);
  for (auto const& row : metrics) EXPECT_EQ(cost.*row.field, numbered(1).*row.field) << row.name;
}

TEST(Metric, WhatTheHardwareAnswersForCanBeSetAlone) {
  auto const cost = with_basis_metrics(numbered(1), std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(cost.latency_ms) && std::isnan(cost.energy_mj));
  EXPECT_EQ(cost.macs, numbered(1).macs);
  EXPECT_EQ(cost.size_bytes, numbered(1).size_bytes);
}

TEST(Metric, ColumnsHaveFixedUnits) {
  EXPECT_EQ(column_title(row_of(Metric::size_bytes)), "size kB");
  EXPECT_EQ(column_cell(row_of(Metric::size_bytes), 12345), "12.3");
  EXPECT_EQ(column_title(row_of(Metric::latency_ms)), "latency ms");
  EXPECT_EQ(column_cell(row_of(Metric::latency_ms), 0.41), "0.4100");
  EXPECT_EQ(column_cell(row_of(Metric::latency_ms), std::numeric_limits<double>::quiet_NaN()), "-");
}

}  // namespace
