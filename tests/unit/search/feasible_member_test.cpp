#include "search/feasible_member.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "search/cheapest.hpp"
#include "unit/search/setting.hpp"

namespace {

using namespace apq;
using search::Domain;

TEST(FeasibleMember, TheSmallestImageIsTriedToo) {
  auto const s = search::tiny(search::three_sizes);
  // What the smallest image alone allows is found, and what not even it does is refused.
  Domain const domain(s.space);
  double const smallest = s.cost_model(search::cheapest(domain, s.cost_model, cost::Metric::macs)).macs;
  auto const found = search::feasible_member(domain, s.cost_model, {{cost::Metric::macs, smallest}}, "here");
  EXPECT_EQ(space::image_size_of(s.space, found), 8);
  EXPECT_THROW(search::feasible_member(domain, s.cost_model, {{cost::Metric::macs, smallest * 0.99}}, "here"), Error);
}

TEST(FeasibleMember, AnImpossibleLimitNamesTheSmallestPossibleCost) {
  auto const s = search::small();
  Domain const domain(s.space);
  double const smallest = s.cost_model(search::cheapest(domain, s.cost_model, cost::Metric::latency_ms)).latency_ms;
  try {
    search::feasible_member(domain, s.cost_model, {{cost::Metric::latency_ms, smallest * 0.99}}, "study.yaml:9: search.constraints[0]");
    FAIL() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::numeric);
    EXPECT_NE(std::string(e.what()).find("study.yaml:9"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("latency_ms"), std::string::npos) << e.what();
  }
  EXPECT_NO_THROW(search::feasible_member(domain, s.cost_model, {{cost::Metric::latency_ms, smallest * 1.0001}}, "here"));
}

}  // namespace
