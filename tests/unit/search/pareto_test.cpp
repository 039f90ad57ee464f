#include "search/pareto.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace {

using namespace apq::search;

TEST(Pareto, RanksOfAHandMadeSet) {
  // (1,4) (2,2) (4,1) are the front; (3,3) and (2,4) come next; (5,5) last.
  std::vector<double> const points{1, 4, 2, 2, 4, 1, 3, 3, 2, 4, 5, 5};
  EXPECT_EQ(non_dominated_ranks(points, 2), (std::vector<int>{0, 0, 0, 1, 1, 2}));
  EXPECT_THROW(non_dominated_ranks(std::vector<double>{1, 2, 3}, 2), apq::Error);
}

TEST(Pareto, EqualPointsDoNotDominateEachOther) {
  std::vector<double> const a{1, 2};
  EXPECT_FALSE(dominates(a, a));
  EXPECT_TRUE(dominates(a, std::vector<double>{1, 3}));
  EXPECT_FALSE(dominates(std::vector<double>{0, 3}, a));
}

TEST(Pareto, ExtremesAreInfinitelyFarAndTheMiddleIsScaledByTheRange) {
  std::vector<double> const front{0, 10, 1, 5, 4, 0};
  auto const distance = crowding_distances(front, 2);
  EXPECT_TRUE(std::isinf(distance[0]));
  EXPECT_TRUE(std::isinf(distance[2]));
  EXPECT_DOUBLE_EQ(distance[1], 4.0 / 4 + 10.0 / 10);
}

TEST(Pareto, HypervolumeOfAStaircase) {
  EXPECT_DOUBLE_EQ(hypervolume({{1, 3}, {2, 1}}, {4, 4}), 2 * 3 + 1 * 1);
  EXPECT_DOUBLE_EQ(hypervolume({{1, 3}, {2, 1}, {3, 3}, {9, 0}}, {4, 4}), 7);
  EXPECT_DOUBLE_EQ(hypervolume({}, {4, 4}), 0);
}

}  // namespace
