#include "search/scenario.hpp"

#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "search/cheapest.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;
using cost::Metric;
using search::Limits;
using search::ScenarioRequest;

class Scenarios : public testing::Test {
 protected:
  std::vector<search::Scenario> resolve(std::vector<ScenarioRequest> const& requests, std::uint64_t seed = 1) const {
    return search::resolve_scenarios(space_, cost_model_, requests, seed);
  }
  std::string refusal(std::vector<ScenarioRequest> const& requests, Errc code) const {
    try {
      resolve(requests);
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), code) << e.what();
      return e.what();
    }
    return "no error";
  }
  double smallest(Metric metric) const {
    return cost::value_of(cost_model_(search::cheapest(search::Domain(space_), cost_model_, metric)), metric);
  }
  space::SearchSpace const space_ = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  cost::CostModel const cost_model_{space_, {}};
};

TEST_F(Scenarios, QuantilesBecomeValuesAndEveryScenarioHasASubnetThatMeetsIt) {
  auto const scenarios = resolve({{{{Metric::latency_ms, std::nullopt, 0.3}, {Metric::size_bytes, 1e9, std::nullopt}}, "first"},
                                  {{{Metric::macs, 2 * smallest(Metric::macs), std::nullopt}}, "second"}});
  ASSERT_EQ(scenarios.size(), 2u);
  EXPECT_EQ(scenarios[0].request.where, "first");
  Limits const expected{{Metric::latency_ms, search::cost_quantile(space_, cost_model_, Metric::latency_ms, 0.3, 1)},
                        {Metric::size_bytes, 1e9}};
  EXPECT_EQ(scenarios[0].limits, expected);
  for (auto const& scenario : scenarios) {
    EXPECT_TRUE(space::is_valid(space_, scenario.fallback));
    EXPECT_TRUE(search::is_met(scenario.limits, cost_model_(scenario.fallback)));
  }
}

TEST_F(Scenarios, QuantilesRiseAndAreDrawnFromTheSeed) {
  auto const at = [&](double quantile, std::uint64_t seed) {
    return search::cost_quantile(space_, cost_model_, Metric::latency_ms, quantile, seed);
  };
  EXPECT_LE(smallest(Metric::latency_ms), at(0, 1));
  EXPECT_LT(at(0, 1), at(0.5, 1));
  EXPECT_LT(at(0.5, 1), at(1, 1));
  EXPECT_NE(at(0.5, 1), at(0.5, 2));
}

TEST_F(Scenarios, NoLimitsAreRefused) {
  EXPECT_EQ(refusal({}, Errc::config), "search.constraints: is empty; give at least one, e.g. - {metric: latency_ms, quantile: 0.3}");
  EXPECT_NE(refusal({{{}, "c.yaml:3: search.constraints[0]"}}, Errc::config).find("c.yaml:3: search.constraints[0]: has no limit"),
            std::string::npos);
}

TEST_F(Scenarios, AnImpossibleLimitNamesTheSmallestCost) {
  for (auto const& row : cost::metrics) {
    auto const message = refusal({{{{row.metric, 0.9 * smallest(row.metric), std::nullopt}}, "c.yaml:3: x"}}, Errc::numeric);
    EXPECT_EQ(message.find("c.yaml:3: x: "), 0u) << message;
    auto const phrase = std::string("the smallest feasible ") + row.name + " is ";
    auto const at = message.find(phrase);
    ASSERT_NE(at, std::string::npos) << message;
    double const named = std::stod(message.substr(at + phrase.size()));
    EXPECT_GE(named, smallest(row.metric));
    EXPECT_EQ(resolve({{{{row.metric, named, std::nullopt}}, "x"}}).size(), 1u) << "the named cost is a limit that can be met";
  }
}

TEST(ContradictoryLimits, AreRefusedWithWhatComesClose) {
  // 3 x 3 filters have the fewest MACs, 5 x 5 ones at 2 bit the fewest BitOps.
  auto const space = space::parse_space(R"(name: torn
image: {channels: 1, size: 16, classes: 2}
stem: {width: 8, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 8}
stages: [{width: 8, stride: 1, depths: [1], kernels: [3, 5], middle: [64]}]
bits: {pw_w: [8], pw_a: [8], dw_w: [2, 8], dw_a: [8]}
forbidden: [{kernel: 3, role: dw_w, bits: 2}]
)",
                                        "torn.yaml");
  cost::CostModel const cost_model(space, {});
  auto const smallest = [&](Metric metric) {
    return cost::value_of(cost_model(search::cheapest(search::Domain(space), cost_model, metric)), metric);
  };
  ScenarioRequest request{{{Metric::macs, smallest(Metric::macs), std::nullopt}, {Metric::bitops, smallest(Metric::bitops), std::nullopt}},
                          "c.yaml:3: x"};
  try {
    search::resolve_scenarios(space, cost_model, {request}, 1);
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::numeric);
    std::string const message = e.what();
    EXPECT_EQ(message.find("c.yaml:3: x: no subnet was found with macs <= "), 0u) << message;
    EXPECT_NE(message.find("; one that comes close has macs "), std::string::npos) << message;
  }
  request.limits.pop_back();
  EXPECT_EQ(search::resolve_scenarios(space, cost_model, {request}, 1).size(), 1u);
}

TEST_F(Scenarios, TheFirstThatIsWrongIsNamed) {
  EXPECT_NE(
      refusal({{{{Metric::macs, 1e12, std::nullopt}}, "good"}, {{{Metric::macs, 1, std::nullopt}}, "bad"}}, Errc::numeric).find("bad: "),
      std::string::npos);
}

TEST(WinnerName, TellsLimitsApartAndIsAFileName) {
  EXPECT_EQ(search::winner_name({{Metric::latency_ms, 0.25}}), "latency_ms_0.25");
  EXPECT_EQ(search::winner_name({{Metric::latency_ms, 0.25}, {Metric::macs, 1e6}}), "latency_ms_0.25+macs_1000000");
  std::vector<Limits> const different{{{Metric::latency_ms, 0.123456789}},
                                      {{Metric::latency_ms, 0.123456788}},
                                      {{Metric::latency_ms, 0.1 + 0.2}},
                                      {{Metric::latency_ms, 0.3}},
                                      {{Metric::energy_mj, 0.3}},
                                      {{Metric::latency_ms, 0.3}, {Metric::macs, 1e6}},
                                      {{Metric::latency_ms, 0.3}, {Metric::macs, 1e6 + 1}},
                                      {{Metric::latency_ms, 0.3}, {Metric::params, 1e6}},
                                      {{Metric::bitops, 1e22}},
                                      {{Metric::bitops, 1e-9}}};
  std::set<std::string> names;
  for (auto const& limits : different) {
    auto const name = search::winner_name(limits);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.+-"), std::string::npos) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), different.size());
}

TEST(WinnerName, EqualLimitsAreNumbered) {
  std::vector<Limits> const limits{{{Metric::macs, 10}}, {{Metric::macs, 20}}, {{Metric::macs, 10}}, {{Metric::macs, 10}}};
  EXPECT_EQ(search::winner_names(limits), (std::vector<std::string>{"macs_10", "macs_20", "macs_10_2", "macs_10_3"}));
}

}  // namespace
