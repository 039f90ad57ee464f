#include "search/cheapest.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "unit/search/setting.hpp"

namespace {

using namespace apq;
using search::Domain;

void expect_cheapest_is_the_minimum(search::Setting const& s) {
  std::set<space::Genes> members;
  for (std::uint64_t i = 0; i < 60000u * s.space.image_sizes.size(); ++i) {
    RandomStream random(1, "test.enumerate", i);
    members.insert(space::random_genes(s.space, random, true));
  }
  ASSERT_EQ(static_cast<double>(members.size()), space::count(s.space).joint);
  for (auto const& row : cost::metrics) {
    auto const metric = row.metric;
    double smallest = INFINITY;
    for (auto const& genes : members) smallest = std::min(smallest, cost::value_of(s.cost_model(genes), metric));
    auto const found = search::cheapest(Domain(s.space), s.cost_model, metric);
    EXPECT_TRUE(space::is_valid(s.space, found));
    EXPECT_NEAR(cost::value_of(s.cost_model(found), metric), smallest, 1e-9 * smallest) << cost::name_of(metric);
  }
}

TEST(Cheapest, IsTheMinimumOfTheWholeSpaceForEveryMetric) { expect_cheapest_is_the_minimum(search::tiny(search::one_size)); }

TEST(Cheapest, IsTheMinimumOverImageSizesToo) { expect_cheapest_is_the_minimum(search::tiny(search::three_sizes)); }

}  // namespace
