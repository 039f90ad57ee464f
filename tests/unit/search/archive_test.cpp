#include "search/archive.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "unit/search/setting.hpp"

namespace {

using namespace apq;

TEST(Archive, KeepsTheFrontWhateverTheOrder) {
  auto const s = search::small();
  std::vector<search::Candidate> candidates;
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(8, "test.archive", i);
    auto const genes = space::random_genes(s.space, random, true);
    candidates.push_back({genes, s.cost_model(genes), std::round(100 * random.uniform()) / 100});
  }
  search::Limits const watched{{cost::Metric::energy_mj, candidates[0].cost.energy_mj}};
  search::Archive forwards({watched}), backwards({watched});
  for (auto const& c : candidates) forwards.add(c);
  for (auto c = candidates.rbegin(); c != candidates.rend(); ++c) backwards.add(*c);
  EXPECT_EQ(forwards.members(), backwards.members());
  // Two halves that tell each other what they remember know as much as one that saw everything.
  search::Archive left({watched}), right({watched});
  for (std::size_t i = 0; i < candidates.size(); ++i) (i % 3 == 0 ? left : right).add(candidates[i]);
  for (auto const& c : right.contents()) left.add(c);
  EXPECT_EQ(left.members(), forwards.members());
  EXPECT_EQ(*left.best(0), *forwards.best(0));
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

}  // namespace
