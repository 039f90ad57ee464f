#include "search/repair.hpp"

#include <gtest/gtest.h>

#include "search/cheapest.hpp"
#include "search/feasible_member.hpp"
#include "unit/search/setting.hpp"

namespace {

using namespace apq;
using search::Domain;

void expect_equal(cost::Cost const& a, cost::Cost const& b) {
  for (auto const& row : cost::metrics) EXPECT_EQ(a.*row.field, b.*row.field) << row.name;
}

void expect_repair_reaches_feasible_limits(search::Setting const& s) {
  Domain const domain(s.space);
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(4, "test.repair", i);
    auto const metric = cost::metrics[random.below(cost::num_metrics)].metric;
    double const low = cost::value_of(s.cost_model(search::cheapest(domain, s.cost_model, metric)), metric);
    auto genes = space::random_genes(s.space, random, true);
    double const high = cost::value_of(s.cost_model(genes), metric);
    search::Limits const limits{{metric, low + random.uniform() * (high - low)}};
    auto const fallback = search::feasible_member(domain, s.cost_model, limits, "test");
    auto const before = genes;
    auto const cost = search::repair(domain, s.cost_model, limits, fallback, genes, random);
    EXPECT_TRUE(space::is_valid(s.space, genes));
    EXPECT_TRUE(search::is_met(limits, cost));
    expect_equal(cost, s.cost_model(genes));  // to the last bit, whatever moves led there
    if (search::is_met(limits, s.cost_model(before))) {
      EXPECT_EQ(genes, before);
    }
  }
}

TEST(Repair, AlwaysReachesTheLimitWhereItIsFeasible) {
  expect_repair_reaches_feasible_limits(search::small());
  expect_repair_reaches_feasible_limits(search::tiny(search::three_sizes));
}

TEST(Repair, LowersTheImageSizeWhereNothingElseIsLeft) {
  auto const s = search::tiny(search::three_sizes);
  Domain const domain(s.space);
  auto const size = static_cast<std::size_t>(domain.layout().image_size());
  auto const smallest = search::cheapest(domain, s.cost_model, cost::Metric::macs);
  auto genes = smallest;
  genes[size] = 3;
  search::Limits const limits{{cost::Metric::macs, s.cost_model(smallest).macs}};
  space::Genes unlike = smallest;  // shows that the fallback was not what helped
  unlike[static_cast<std::size_t>(domain.layout().bits(space::Role::pw_w, 0))] = 2;
  RandomStream random(5, "test.size");
  search::repair(domain, s.cost_model, limits, unlike, genes, random);
  EXPECT_EQ(genes, smallest);
}

}  // namespace
