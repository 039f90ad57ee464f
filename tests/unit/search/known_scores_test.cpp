#include "search/known_scores.hpp"

#include <array>

#include <gtest/gtest.h>

namespace {

using namespace apq;

TEST(KnownScores, FindsWhatWasAddedAcrossItsGrowth) {
  search::KnownScores known;
  auto const key = [](std::uint32_t i) {
    std::array<std::uint8_t, 5> genes{1, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                                      static_cast<std::uint8_t>(i >> 16), 2};
    return search::fingerprint(genes);
  };
  constexpr std::uint32_t n = 20000;
  for (std::uint32_t i = 0; i < n; ++i) {
    known.reserve(1);
    auto const found = known.find_or_add(key(i));
    ASSERT_TRUE(found.is_new);
    ASSERT_EQ(found.number, i);
    known[found.number] = i;
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    auto const found = known.find_or_add(key(i));
    EXPECT_FALSE(found.is_new);
    EXPECT_EQ(known[found.number], i);
  }
  EXPECT_EQ(known.size(), n);
}

}  // namespace
