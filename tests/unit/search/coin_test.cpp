#include "search/coin.hpp"

#include <gtest/gtest.h>

namespace {

using namespace apq;

TEST(Coin, TossesAreTheBitsOfTheStream) {
  RandomStream random(1, "test.coin"), same(1, "test.coin");
  search::Coin coin(random);
  for (int word = 0; word < 3; ++word) {
    auto const bits = same.next_u32();
    for (int i = 0; i < 32; ++i) EXPECT_EQ(coin.toss(), ((bits >> i) & 1u) != 0);
  }
}

}  // namespace
