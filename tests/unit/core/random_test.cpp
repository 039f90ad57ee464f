#include "common/core/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace {
using namespace apq;
using Block = std::array<std::uint32_t, 4>;

TEST(Philox, KnownAnswersOfTheRandom123Distribution) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  std::uint32_t const f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<std::uint32_t> first(RandomStream stream, int n) {
  std::vector<std::uint32_t> values;
  for (int i = 0; i < n; ++i) values.push_back(stream.next_u32());
  return values;
}

TEST(RandomStream, IsAPureFunctionOfSeedPurposeAndIndex) {
  auto const values = first({7, "collect.fp", 42}, 9);
  EXPECT_EQ(first({7, "collect.fp", 42}, 9), values);
  EXPECT_NE(first({8, "collect.fp", 42}, 9), values);
  EXPECT_NE(first({7, "collect.quant", 42}, 9), values);
  EXPECT_NE(first({7, "collect.fp", 43}, 9), values);
  EXPECT_NE(first({7, "collect.fp", 42ull << 32}, 9), values) << "the high half of the index counts";
  EXPECT_NE(first({7ull << 32, "collect.fp", 42}, 9), values) << "the high half of the seed counts";
}

TEST(RandomStream, NeighbouringStreamsShareNoNumbers) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t index = 0; index < 100; ++index) {
    RandomStream stream(1, "test", index);
    for (int i = 0; i < 100; ++i) seen.insert(stream.next_u64());
  }
  EXPECT_EQ(seen.size(), 10'000u);
}

TEST(RandomStream, BelowIsUniform) {
  RandomStream stream(3, "below");
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(stream.below(7));
  double chi_square = 0;
  for (int c : counts) chi_square += (c - 1e4) * (c - 1e4) / 1e4;
  EXPECT_LT(chi_square, 22.5);  // 99.9 % quantile at 6 degrees of freedom
  for (int i = 0; i < 10; ++i) EXPECT_EQ(stream.below(1), 0u);
  EXPECT_LT(stream.below(UINT64_MAX), UINT64_MAX);
}

TEST(RandomStream, UniformStaysInItsInterval) {
  RandomStream stream(3, "uniform");
  double sum = 0, low = 1, high = 0;
  for (int i = 0; i < 100'000; ++i) {
    double const u = stream.uniform();
    low = std::min(low, u);
    high = std::max(high, u);
    sum += u;
  }
  EXPECT_GE(low, 0.0);
  EXPECT_LT(high, 1.0);
  EXPECT_LT(low, 1e-3);
  EXPECT_GT(high, 1 - 1e-3);
  EXPECT_NEAR(sum / 1e5, 0.5, 0.005);  // 5 standard errors
}

TEST(RandomStream, NormalHasUnitVariance) {
  RandomStream stream(3, "normal");
  double sum = 0, squares = 0;
  int const n = 100'000;
  for (int i = 0; i < n; ++i) {
    double const x = stream.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0.0, 0.016);
  EXPECT_NEAR(squares / n, 1.0, 0.023);
}

TEST(RandomStream, ChanceAtItsEnds) {
  RandomStream stream(3, "chance");
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(stream.chance(0.0));
    EXPECT_TRUE(stream.chance(1.0));
  }
}

TEST(RandomStream, ShufflePermutes) {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  auto shuffled = items;
  RandomStream(5, "shuffle").shuffle(std::span(shuffled));
  EXPECT_NE(shuffled, items);
  EXPECT_TRUE(std::is_permutation(items.begin(), items.end(), shuffled.begin()));
  std::vector<int> none;
  RandomStream(5, "shuffle").shuffle(std::span(none));
}

}  // namespace
