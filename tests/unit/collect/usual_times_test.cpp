#include "collect/usual_times.hpp"

#include <gtest/gtest.h>

namespace apq::collect {
namespace {

TEST(UsualTimes, TheLargestIsTheLongestSampleAndNoSuspension) {
  EXPECT_EQ(largest_usual({}), 0);
  EXPECT_EQ(largest_usual({50'000}), 50'000) << "nothing to compare it with";
  EXPECT_EQ(largest_usual({60, 20, 61, 170, 55}), 170);
  EXPECT_EQ(largest_usual({60, 50'000, 61, 170, 50'010}), 170);
  EXPECT_EQ(largest_usual({0, 0, 1}), 0);
}

}  // namespace
}  // namespace apq::collect
