#include "search/rare_events.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace {

using namespace apq;

TEST(RareEvents, ComeTrueAsOftenAsTheirProbabilitySays) {
  for (double const probability : {0.9, 0.5, 0.03}) {
    RandomStream random(1, "test.rare");
    search::RareEvents events(probability, random);
    constexpr int n = 40000;
    int num_true = 0;
    for (int i = 0; i < n; ++i) num_true += events.next();
    EXPECT_NEAR(num_true, n * probability, 5 * std::sqrt(n * probability * (1 - probability)));
  }
}

TEST(RareEvents, OneIsAlwaysAndNearlyZeroIsNever) {
  RandomStream random(2, "test.rare");
  search::RareEvents always(1, random), never(1e-300, random);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(always.next());
    EXPECT_FALSE(never.next());
  }
}

}  // namespace
