#include "common/cost/cost_json.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {
using namespace apq::cost;

Cost const sample{.latency_ms = 0.1, .energy_mj = 0.3, .bitops = 2.5e10, .size_bytes = 1234.5, .macs = 388e6, .params = 4e6};

TEST(CostJson, CountsAreWholeNumbersAndOthersExact) {
  EXPECT_EQ(cost_to_json(sample).dump(),
            R"({"latency_ms":0.1,"energy_mj":0.3,"bitops":25000000000,"size_bytes":1234.5,"macs":388000000,"params":4000000})");
}

TEST(CostJson, RoundTrips) {
  auto const back = cost_from_json(nlohmann::ordered_json::parse(cost_to_json(sample).dump()));
  for (auto const& row : metrics) EXPECT_EQ(back.*row.field, sample.*row.field) << row.name;
}

TEST(CostJson, WhatIsUnknownIsNull) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const json = cost_to_json(with_basis_metrics(sample, nan));
  EXPECT_TRUE(json.at("latency_ms").is_null());
  EXPECT_TRUE(std::isnan(cost_from_json(json).latency_ms));
  EXPECT_EQ(cost_from_json(json).macs, sample.macs);
  EXPECT_TRUE(std::isnan(cost_from_json(nlohmann::ordered_json::object()).macs));
  EXPECT_TRUE(cost_to_json(Cost{.macs = nan}).at("macs").is_null());
}

TEST(CostJson, AnythingButANumberIsRefused) { EXPECT_THROW(cost_from_json({{"macs", "many"}}), nlohmann::json::exception); }

}  // namespace
