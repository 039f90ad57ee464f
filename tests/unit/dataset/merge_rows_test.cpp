#include "dataset/merge_rows.hpp"

#include <gtest/gtest.h>

#include "unit/dataset/rows.hpp"

namespace apq::dataset {
namespace {

space::SearchSpace const& few() {
  static auto const space = test::few_hundred_subnets();
  return space;
}

std::vector<std::uint64_t> ids_of(std::vector<h5::Row> const& rows) {
  std::vector<std::uint64_t> ids;
  for (auto const& row : rows) ids.push_back(row.id);
  return ids;
}

TEST(MergeRows, TwoPartsOfADatasetBecomeIt) {
  auto const all = test::random_rows(few(), 30, true);
  std::vector<h5::Row> first, second;
  for (auto const& row : all) {
    if (row.id % 3 != 1) first.push_back(row);
    if (row.id % 3 != 0) second.push_back(row);
  }
  auto const merged = merge_rows(first, second, OnContradiction::refuse);
  EXPECT_EQ(h5::content_hash(merged.rows), h5::content_hash(all));
  EXPECT_EQ(merged.folded, 10u);
  EXPECT_TRUE(merged.contradictions.empty());
  EXPECT_EQ(merge_rows(all, {}, OnContradiction::refuse).rows.size(), 30u);
  EXPECT_EQ(merge_rows({}, all, OnContradiction::refuse).rows.size(), 30u);
}

TEST(MergeRows, WhatIsNoLabelMayDiffer) {
  auto const first = test::random_rows(few(), 3, false);
  auto second = first;
  second[1].seconds = 9;
  second[1].loss = 7;
  auto const merged = merge_rows(first, second, OnContradiction::refuse);
  EXPECT_EQ(merged.folded, 3u);
  EXPECT_EQ(merged.rows[1].seconds, 2);  // the first one's
}

TEST(MergeRows, EveryPlantedContradictionIsFound) {
  auto const first = test::random_rows(few(), 1000, true);
  auto second = first;
  std::vector<std::uint64_t> planted;
  for (std::size_t i = 3; i < second.size(); i += 7) {
    planted.push_back(second[i].id);
    switch (i % 4) {
      case 0:
        ++second[i].correct;
        break;
      case 1:
        --second[i].correct5;
        break;
      case 2:
        second[i].total = 2000;
        break;
      default:
        second[i].genes = first[i].genes == first[0].genes ? first[1].genes : first[0].genes;
    }
  }
  for (auto const choice : {OnContradiction::refuse, OnContradiction::first, OnContradiction::drop}) {
    auto const merged = merge_rows(first, second, choice);
    std::vector<std::uint64_t> found;
    for (auto const& contradiction : merged.contradictions) found.push_back(contradiction.first.id);
    EXPECT_EQ(found, planted);
    EXPECT_EQ(merged.folded, first.size() - planted.size());
    if (choice == OnContradiction::first) {
      EXPECT_EQ(h5::content_hash(merged.rows), h5::content_hash(first));
    } else {
      EXPECT_EQ(merged.rows.size(), first.size() - planted.size());
    }
  }
}

TEST(MergeRows, RowsStayInOrder) {
  auto const low = test::random_rows(few(), 3, false), high = test::random_rows(few(), 2, false, 5);
  EXPECT_EQ(ids_of(merge_rows(high, low, OnContradiction::refuse).rows), (std::vector<std::uint64_t>{0, 1, 2, 5, 6}));
}

TEST(MergeRows, AContradictionSaysBothLabels) {
  auto const rows = test::random_rows(few(), 2, false);
  auto other = rows[1];
  other.correct = 1;
  other.correct5 = 2;
  EXPECT_EQ(text_of({rows[1], other}, "A", "B"), "sample 1: " + std::to_string(rows[1].correct) +
                                                     " top-1 and 950 top-5 hits of 1000 in A, 1 top-1 and 2 top-5 hits of 1000 in B");
  other.genes[0] ^= 1;
  EXPECT_EQ(text_of({rows[1], other}, "A", "B"), "sample 1: is another subnet in B than in A");
}

}  // namespace
}  // namespace apq::dataset
