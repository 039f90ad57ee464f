#include "collect/claim_order.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "common/core/random.hpp"

namespace {

using namespace apq;
using Ids = std::vector<std::uint64_t>;

Ids first(std::uint64_t n) {
  Ids ids(n);
  std::iota(ids.begin(), ids.end(), 100u);
  return ids;
}

double cost(std::uint64_t id) { return RandomStream(1, "test.cost", id).uniform() + 0.2; }

TEST(ClaimOrder, TheLastOnesOfEveryRankGoByFallingCost) {
  auto const ids = first(50);
  auto const order = collect::claim_order(ids, 3, cost);
  EXPECT_TRUE(std::equal(ids.begin(), ids.begin() + 38, order.begin()));
  EXPECT_TRUE(std::is_sorted(order.begin() + 38, order.end(), [](auto a, auto b) { return cost(a) > cost(b); }));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, ids);
}

TEST(ClaimOrder, FewSamplesAndNone) {
  EXPECT_EQ(collect::claim_order({}, 4, cost), Ids{});
  EXPECT_EQ(collect::claim_order({7, 8, 9}, 100, [](std::uint64_t id) { return id == 8 ? 2.0 : 1.0; }), (Ids{8, 7, 9}));
}

// Ranks that take the next sample whenever they are free: how long the last one works.
double finished(Ids const& order, int ranks) {
  std::vector<double> busy(static_cast<std::size_t>(ranks), 0.0);
  for (auto id : order) *std::min_element(busy.begin(), busy.end()) += cost(id);
  return *std::max_element(busy.begin(), busy.end());
}

TEST(ClaimOrder, TheEndComesSoonerThanInOrderOfIds) {
  for (int ranks : {16, 64, 256}) {
    auto const ids = first(static_cast<std::uint64_t>(8 * ranks));
    double const bound = std::accumulate(ids.begin(), ids.end(), 0.0, [](double sum, auto id) { return sum + cost(id); }) / ranks;
    auto const after = finished(collect::claim_order(ids, ranks, cost), ranks);
    EXPECT_LT(after, finished(ids, ranks)) << ranks;
    EXPECT_LT(after, 1.05 * bound) << ranks;
  }
}

}  // namespace
