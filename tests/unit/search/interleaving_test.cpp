#include "search/interleaving.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "common/mpi/collectives.hpp"

namespace {

using namespace apq;

TEST(Interleaving, IsAnOrderOfAllItemsInWhichEitherKindKeepsItsOwn) {
  for (std::size_t num_first = 0; num_first < 12; ++num_first)
    for (std::size_t num_second = 0; num_second < 12; ++num_second) {
      search::Interleaving const order(num_first, num_second);
      auto const n = num_first + num_second;
      ASSERT_EQ(order.item_at.size(), n);
      for (std::uint32_t i = 0; i < n; ++i) {
        ASSERT_EQ(order.item_at[order.place_of[i]], i);
        ASSERT_TRUE(i == 0 || i == num_first || order.place_of[i] > order.place_of[i - 1]);
      }
    }
}

TEST(Interleaving, BlocksHaveTheirShareOfEitherKind) {
  for (auto const& [num_first, num_second] : {std::pair{50u, 50u}, {100u, 7u}, {3u, 90u}}) {
    search::Interleaving const order(num_first, num_second);
    for (int num_blocks : {2, 3, 8})
      for (int b = 0; b < num_blocks; ++b) {
        auto const range = mpi::block_range(num_first + num_second, num_blocks, b);
        auto const num = std::count_if(order.item_at.begin() + static_cast<std::ptrdiff_t>(range.first),
                                       order.item_at.begin() + static_cast<std::ptrdiff_t>(range.last),
                                       [&](std::uint32_t item) { return item < num_first; });
        double const share = static_cast<double>(num_first) * static_cast<double>(range.last - range.first) / (num_first + num_second);
        EXPECT_LE(std::abs(static_cast<double>(num) - share), 1);
      }
  }
}

}  // namespace
