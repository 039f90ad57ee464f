#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "common/core/error.hpp"
#include "search/archive.hpp"
#include "search/cheapest.hpp"
#include "search/repair.hpp"
#include "search/search_config.hpp"
#include "search/variation.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;
using search::Domain;

// Two blocks: small enough that random draws find every member.
char const* const tiny_yaml = R"(
name: tiny
image: {channels: 1, size: 8, classes: 2}
stem: {width: 4, kernel: 3, stride: 2}
first_block: {width: 4, kernel: 3}
feature_mix: {width: 8}
channel_divisor: 4
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {min_ratio: 1, max_ratio: 2, step: 4}}
bits: {pw_w: [4, 8], pw_a: [4, 8], dw_w: [8], dw_a: [4, 8]}
forbidden:
  - {kernel: 5, role: dw_a, bits: 4}
)";

struct Setting {
  space::SearchSpace space;
  cost::CostModel cost_model;
  explicit Setting(space::SearchSpace s) : space(std::move(s)), cost_model(space, {}) {}
};

Setting tiny() { return Setting(space::parse_space(tiny_yaml, "tiny.yaml")); }
Setting small() { return Setting(space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml")); }

TEST(Cheapest, IsTheMinimumOfTheWholeSpaceForEveryMetric) {
  auto const s = tiny();
  std::set<space::Genes> members;
  for (std::uint64_t i = 0; i < 60000; ++i) {
    RandomStream random(1, "test.enumerate", i);
    members.insert(space::random_genes(s.space, random, true));
  }
  ASSERT_EQ(static_cast<double>(members.size()), space::count(s.space).joint);
  for (auto metric : search::all_metrics) {
    double smallest = INFINITY;
    for (auto const& genes : members) smallest = std::min(smallest, cost::value_of(s.cost_model(genes), metric));
    auto const found = search::cheapest(Domain(s.space), s.cost_model, metric);
    EXPECT_TRUE(space::is_valid(s.space, found));
    EXPECT_NEAR(cost::value_of(s.cost_model(found), metric), smallest, 1e-9 * smallest) << cost::name_of(metric);
  }
}

TEST(Cheapest, AnImpossibleLimitNamesTheSmallestPossibleCost) {
  auto const s = small();
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

TEST(Repair, AlwaysReachesTheLimitWhereItIsFeasible) {
  auto const s = small();
  Domain const domain(s.space);
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(4, "test.repair", i);
    auto const metric = search::all_metrics[random.below(search::num_metrics)];
    double const low = cost::value_of(s.cost_model(search::cheapest(domain, s.cost_model, metric)), metric);
    auto genes = space::random_genes(s.space, random, true);
    double const high = cost::value_of(s.cost_model(genes), metric);
    search::Constraint const constraint{{metric, low + random.uniform() * (high - low)}};
    auto const fallback = search::feasible_member(domain, s.cost_model, constraint, "test");
    auto const before = genes;
    auto const cost = search::repair(domain, s.cost_model, constraint, fallback, genes, random);
    EXPECT_TRUE(space::is_valid(s.space, genes));
    EXPECT_TRUE(search::is_met(constraint, s.cost_model(genes)));
    EXPECT_NEAR(cost::value_of(cost, metric), cost::value_of(s.cost_model(genes), metric), 1e-9 * high);
    if (search::is_met(constraint, s.cost_model(before))) {
      EXPECT_EQ(genes, before);
    }
  }
}

TEST(Variation, ChildrenAreValidAndDepthMutates) {
  auto const s = small();
  Domain const domain(s.space);
  space::GeneLayout const layout(s.space);
  int changed_depth = 0, changed = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    RandomStream random(6, "test.variation", i);
    auto const first = space::random_genes(s.space, random, true);
    auto const second = space::random_genes(s.space, random, true);
    auto const mutant = search::mutate(domain, first, 0, {}, random);
    auto const child = search::cross(domain, first, second, {}, random);
    EXPECT_TRUE(space::is_valid(s.space, mutant));
    EXPECT_TRUE(space::is_valid(s.space, child));
    changed += mutant != first;
    for (int stage = 0; stage < s.space.num_stages(); ++stage) {
      auto const depth = static_cast<std::size_t>(layout.depth(stage));
      changed_depth += mutant[depth] != first[depth];
      EXPECT_TRUE(child[depth] == first[depth] || child[depth] == second[depth]);
    }
  }
  EXPECT_GT(changed, 400);
  EXPECT_GT(changed_depth, 20);
}

TEST(Variation, TheReleasesMutationLeavesDepthsAlone) {
  auto const s = small();
  Domain const domain(s.space);
  space::GeneLayout const layout(s.space);
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(6, "test.slip", i);
    auto const parent = space::random_genes(s.space, random, true);
    auto const mutant = search::mutate(domain, parent, 0, {.frozen_depth = true}, random);
    for (int stage = 0; stage < s.space.num_stages(); ++stage)
      EXPECT_EQ(mutant[static_cast<std::size_t>(layout.depth(stage))], parent[static_cast<std::size_t>(layout.depth(stage))]);
  }
}

TEST(Archive, KeepsTheFrontWhateverTheOrder) {
  auto const s = small();
  std::vector<search::Candidate> candidates;
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(8, "test.archive", i);
    auto const genes = space::random_genes(s.space, random, true);
    candidates.push_back({genes, s.cost_model(genes), std::round(100 * random.uniform()) / 100});
  }
  search::Constraint const watched{{cost::Metric::energy_mj, candidates[0].cost.energy_mj}};
  search::Archive forwards({watched}), backwards({watched});
  for (auto const& c : candidates) forwards.add(c);
  for (auto c = candidates.rbegin(); c != candidates.rend(); ++c) backwards.add(*c);
  EXPECT_EQ(forwards.members(), backwards.members());
  ASSERT_NE(forwards.best(0), nullptr);
  EXPECT_EQ(*forwards.best(0), *backwards.best(0));
  for (auto const& c : candidates)
    if (search::is_met(watched, c.cost)) {
      EXPECT_LE(c.fitness, forwards.best(0)->fitness);
    }
  auto const front = forwards.front(cost::Metric::latency_ms);
  for (std::size_t i = 1; i < front.size(); ++i) {
    EXPECT_GT(front[i].cost.latency_ms, front[i - 1].cost.latency_ms);
    EXPECT_GT(front[i].fitness, front[i - 1].fitness);
  }
}

std::string message_of(std::string const& yaml) {
  try {
    search::read_search_config(Config::parse(yaml, "s.yaml"));
  } catch (Error const& e) {
    return e.what();
  }
  return "";
}

TEST(SearchConfig, MistakesAreNamedWithTheirLine) {
  EXPECT_NE(message_of("parents: 200").find("s.yaml:1: parents = 200: is more than search.population"), std::string::npos);
  EXPECT_NE(message_of("constraints:\n  - {metric: speed, limit: 1}").find("s.yaml:2: constraints[0].metric = speed"), std::string::npos);
  EXPECT_NE(message_of("constraints:\n  - {metric: bitops}").find("needs either limit"), std::string::npos);
  EXPECT_NE(message_of("constraints:\n  - {metric: bitops, limit: -1}").find("must be positive"), std::string::npos);
  EXPECT_EQ(message_of("constraints:\n  - {metric: bitops, limit: 3, also: [{metric: latency_ms, quantile: 0.5}]}"), "");
}

}  // namespace
