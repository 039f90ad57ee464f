#include "train/row_split.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

using namespace apq;
using namespace apq::train;

namespace {

std::vector<h5::Row> rows(std::uint64_t first, std::uint64_t last) {
  std::vector<h5::Row> result;
  for (auto id = first; id < last; ++id) {
    h5::Row row;
    row.id = id;
    row.correct = 50;
    row.total = 100;
    result.push_back(row);
  }
  return result;
}
std::set<std::uint64_t> ids(std::vector<h5::Row> const& some) {
  std::set<std::uint64_t> result;
  for (auto const& row : some) result.insert(row.id);
  return result;
}
std::string failure(std::vector<h5::Row> const& some, int train_rows = 0) {
  try {
    split_rows(some, "fp", 1, 0.2, train_rows);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), Errc::data);
    return error.what();
  }
  return "";
}

TEST(TrainSplit, IsDisjointAndComplete) {
  auto const split = split_rows(rows(0, 1000), "fp", 1, 0.2);
  auto const training = ids(split.training), held_out = ids(split.held_out);
  EXPECT_EQ(training.size() + held_out.size(), 1000u);
  for (auto const id : held_out) EXPECT_FALSE(training.contains(id));
  EXPECT_NEAR(static_cast<double>(held_out.size()), 200, 50);
}

TEST(TrainSplit, SideOfARowDependsOnlyOnSeedStageAndId) {
  auto const small = split_rows(rows(0, 200), "fp", 1, 0.2), large = split_rows(rows(0, 1000), "fp", 1, 0.2);
  for (auto const id : ids(small.held_out)) EXPECT_TRUE(ids(large.held_out).contains(id));
  for (auto const id : ids(small.training)) EXPECT_TRUE(ids(large.training).contains(id));
  auto reversed = rows(0, 200);
  std::reverse(reversed.begin(), reversed.end());
  auto const again = split_rows(reversed, "fp", 1, 0.2);
  ASSERT_EQ(again.training.size(), small.training.size());
  for (std::size_t i = 0; i < small.training.size(); ++i) EXPECT_EQ(again.training[i].id, small.training[i].id);
  EXPECT_NE(ids(split_rows(rows(0, 200), "fp", 2, 0.2).held_out), ids(small.held_out));
  EXPECT_NE(ids(split_rows(rows(0, 200), "quant", 1, 0.2).held_out), ids(small.held_out));
}

TEST(TrainSplit, TrainRowsNest) {
  auto const all = split_rows(rows(0, 200), "fp", 1, 0.2), some = split_rows(rows(0, 200), "fp", 1, 0.2, 50);
  ASSERT_EQ(some.training.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(some.training[i].id, all.training[i].id);
  EXPECT_EQ(ids(some.held_out), ids(all.held_out));
}

TEST(TrainSplit, SaysHowManyRowsAreNeeded) {
  for (std::uint64_t n : {0, 1, 5}) {
    auto const message = failure(rows(0, n));
    EXPECT_NE(message.find("collect 20 rows or more"), std::string::npos) << message;
  }
  EXPECT_NE(failure(rows(0, 100), 5).find("at least 8"), std::string::npos);
  EXPECT_NE(failure(rows(0, 100), 100).find("100 training rows asked for"), std::string::npos);
}

TEST(TrainSplit, RefusesImpossibleCounts) {
  auto some = rows(0, 100);
  some[3].total = 0;
  EXPECT_NE(failure(some).find("sample 3"), std::string::npos);
  some[3].total = 10;
  EXPECT_NE(failure(some).find("sample 3"), std::string::npos);
}

}  // namespace
