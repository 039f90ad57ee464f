#include "train/row_split.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"

using namespace apq;
using namespace apq::train;

namespace {

std::vector<h5::Row> rows(std::uint64_t first, std::uint64_t last) {
  std::vector<h5::Row> result;
  for (auto id = first; id < last; ++id) {
    h5::Row row;
    row.id = id;
    row.genes = {static_cast<std::uint8_t>(id % 256), static_cast<std::uint8_t>(id / 256)};
    row.correct = 50;
    row.total = 100;
    result.push_back(row);
  }
  return result;
}
/// As many rows, of at most so many subnets.
std::vector<h5::Row> repeated(std::uint64_t num_rows, std::uint64_t num_different, std::uint64_t seed) {
  auto result = rows(0, num_rows);
  RandomStream random(seed, "test.repeats");
  for (auto& row : result) row.genes = {static_cast<std::uint8_t>(random.below(num_different)), 0};
  return result;
}
std::set<space::Genes> subnets(std::vector<h5::Row> const& some) {
  std::set<space::Genes> result;
  for (auto const& row : some) result.insert(row.genes);
  return result;
}
std::vector<std::uint64_t> ordered_ids(std::vector<h5::Row> const& some) {
  std::vector<std::uint64_t> result;
  for (auto const& row : some) result.push_back(row.id);
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

// Studies that were trained before must find the same rows on the same side, in the same order.
TEST(TrainSplit, RowsWithoutRepeatsAreSplitAsEver) {
  auto const fp = split_rows(rows(0, 60), "fp", 1, 0.2), quant = split_rows(rows(0, 60), "quant", 1, 0.2, 8);
  EXPECT_EQ(ordered_ids(fp.held_out), (std::vector<std::uint64_t>{0, 1, 5, 6, 8, 10, 14, 16, 17, 31, 38, 49, 53}));
  EXPECT_EQ(ordered_ids(fp.training),
            (std::vector<std::uint64_t>{12, 22, 42, 56, 32, 41, 51, 13, 18, 11, 20, 46, 2,  39, 43, 44, 37, 7,  21, 40, 50, 35, 27, 58,
                                        19, 55, 29, 24, 26, 28, 54, 59, 23, 57, 30, 34, 25, 48, 4,  9,  45, 47, 36, 33, 52, 3,  15}));
  EXPECT_EQ(ordered_ids(quant.held_out), (std::vector<std::uint64_t>{0, 6, 10, 13, 26, 29, 31, 34, 35, 37, 39, 41, 53, 54, 59}));
  EXPECT_EQ(ordered_ids(quant.training), (std::vector<std::uint64_t>{22, 14, 48, 44, 5, 56, 30, 7}));
}

TEST(TrainSplit, FoldsKeepRepeatsTogether) {
  auto const some = repeated(200, 30, 1);
  auto const folds = fold_of_rows(some, 4, 1);
  ASSERT_EQ(folds.size(), some.size());
  std::map<space::Genes, std::size_t> fold_of;
  std::vector<std::size_t> num_subnets_in(4);
  for (std::size_t i = 0; i < some.size(); ++i) {
    auto const [entry, is_new] = fold_of.emplace(some[i].genes, folds[i]);
    EXPECT_EQ(entry->second, folds[i]);
    if (is_new) ++num_subnets_in.at(folds[i]);
  }
  auto const [fewest, most] = std::minmax_element(num_subnets_in.begin(), num_subnets_in.end());
  EXPECT_LE(*most - *fewest, 1u);
  EXPECT_NE(folds, fold_of_rows(some, 4, 2));
  std::vector<h5::Row> const one_subnet(9, some.front());
  std::set<std::size_t> used;
  for (auto const fold : fold_of_rows(one_subnet, 4, 1)) used.insert(fold);
  EXPECT_EQ(used.size(), 4u);
}

TEST(TrainSplit, SubnetIsOnOneSideThatOfItsLowestId) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    RandomStream random(seed, "test.sizes");
    auto const some = repeated(100 + random.below(400), 40 + random.below(200), seed);
    auto const split = split_rows(some, "fp", seed, 0.3);
    EXPECT_EQ(split.training.size() + split.held_out.size(), some.size());
    auto const held_out = subnets(split.held_out);
    for (auto const& genes : subnets(split.training)) EXPECT_FALSE(held_out.contains(genes));
    std::map<space::Genes, std::uint64_t> lowest;
    for (auto const& row : some) lowest.emplace(row.genes, row.id);  // ids ascend
    auto const apart = ids(split_rows(rows(0, some.size()), "fp", seed, 0.3).held_out);
    for (auto const& row : split.held_out) EXPECT_TRUE(apart.contains(lowest.at(row.genes)));
    for (auto const& row : split.training) EXPECT_FALSE(apart.contains(lowest.at(row.genes)));
  }
}

TEST(TrainSplit, AddedRepeatsMoveNoRow) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto all = repeated(500, 100, seed);
    std::vector<h5::Row> const first(all.begin(), all.begin() + 200);
    auto const before = split_rows(first, "quant", seed, 0.2);
    std::reverse(all.begin(), all.end());
    auto const after = split_rows(all, "quant", seed, 0.2);
    auto const held_out = ids(after.held_out), training = ids(after.training);
    for (auto const id : ids(before.held_out)) EXPECT_TRUE(held_out.contains(id));
    for (auto const id : ids(before.training)) EXPECT_TRUE(training.contains(id));
  }
}

TEST(TrainSplit, CountsSubnetsNotRows) {
  EXPECT_EQ(num_subnets(repeated(300, 1, 1)), 1u);
  EXPECT_EQ(num_subnets({}), 0u);
  auto const few = failure(repeated(300, 9, 1));
  EXPECT_NE(few.find("300 rows of stage fp are of 9 different subnets"), std::string::npos) << few;
  EXPECT_NE(few.find("collect 20 different subnets or more"), std::string::npos) << few;
  // The first rows of a training order may all be of few subnets.
  auto some = rows(0, 200);
  auto const order = ordered_ids(split_rows(some, "fp", 1, 0.2).training);
  auto const held_out = ids(split_rows(some, "fp", 1, 0.2).held_out);
  std::uint64_t lowest = 0;
  while (held_out.contains(lowest)) ++lowest;
  for (std::size_t i = 0; i < 10; ++i) some[order[i]].genes = some[lowest].genes;
  EXPECT_NE(failure(some, 10).find("10 training rows asked for of stage fp are of 1 different subnets"), std::string::npos)
      << failure(some, 10);
  EXPECT_EQ(failure(some), "");
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
