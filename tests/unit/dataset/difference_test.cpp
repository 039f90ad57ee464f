#include "dataset/difference.hpp"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dataset/difference_text.hpp"
#include "support/error_of.hpp"
#include "unit/dataset/rows.hpp"

namespace apq::dataset {
namespace {

using Ids = std::vector<std::uint64_t>;

/// Every subnet once, as a collection of a whole space has them.
std::vector<h5::Row> distinct_rows(space::SearchSpace const& space, bool quantised) {
  std::vector<h5::Row> rows;
  std::set<space::Genes> seen;
  for (auto& row : test::random_rows(space, 2000, quantised))
    if (seen.insert(row.genes).second) rows.push_back(std::move(row));
  return rows;
}

class DifferenceTest : public testing::Test {
 protected:
  space::SearchSpace const space = test::few_hundred_subnets();
  h5::Dataset const first = test::dataset_of(space, distinct_rows(space, true));
  h5::Dataset second = first;
};

TEST_F(DifferenceTest, OfADatasetAndItselfIsNone) {
  auto const difference = difference_of(first, second);
  EXPECT_TRUE(difference.identity.empty());
  EXPECT_EQ(difference.pairs, first.rows.size());
  EXPECT_TRUE(difference.differing.empty());
  EXPECT_TRUE(difference.only_first.empty());
  EXPECT_TRUE(difference.only_second.empty());
  EXPECT_EQ(difference.mean->mean, 0);
  EXPECT_EQ(difference.mean->high, 0);
  EXPECT_DOUBLE_EQ(*difference.kendall_tau, 1);
}

TEST_F(DifferenceTest, EveryPlantedDifferenceIsFoundWorstFirst) {
  std::set<std::uint64_t> planted;
  for (std::size_t i = 1; i < second.rows.size(); i += 5) {
    second.rows[i].correct += 1 + static_cast<std::uint32_t>(i % 3);
    planted.insert(second.rows[i].id);
  }
  second.rows[2].correct = 0;
  planted.insert(second.rows[2].id);
  second.rows[4].correct5 = 951;  // top-5 alone: no difference of accuracy
  planted.insert(second.rows[4].id);
  auto const difference = difference_of(first, second);
  std::set<std::uint64_t> found;
  for (auto const& pair : difference.differing) found.insert(pair.first.id);
  EXPECT_EQ(found, planted);
  EXPECT_EQ(difference.differing.front().first.id, second.rows[2].id);
  EXPECT_DOUBLE_EQ(difference.differing.front().difference, -static_cast<double>(first.rows[2].correct) / 1000);
  EXPECT_EQ(difference.differing.back().first.id, second.rows[4].id);
}

TEST_F(DifferenceTest, MeanOfPairsByHand) {
  second.rows.resize(4);
  auto of_first = first;
  of_first.rows.resize(4);
  for (std::size_t i = 0; i < 4; ++i) second.rows[i].correct = of_first.rows[i].correct + (i < 2 ? 10 : 20);
  auto const difference = difference_of(of_first, second);
  // 0.01 0.01 0.02 0.02: mean 0.015, deviation 0.005774, half width 3.182446 x 0.005774 / 2.
  EXPECT_NEAR(difference.mean->mean, 0.015, 1e-12);
  EXPECT_NEAR(difference.mean->deviation, 0.0057735, 1e-7);
  EXPECT_NEAR(difference.mean->low, 0.015 - 0.0091869, 1e-7);
  EXPECT_NEAR(difference.mean->high, 0.015 + 0.0091869, 1e-7);
}

TEST_F(DifferenceTest, SubnetsArePartnersWhateverTheirIds) {
  for (auto& row : second.rows) row.id += 100'000;
  second.rows.pop_back();
  auto const difference = difference_of(first, second);
  EXPECT_EQ(difference.pairs, second.rows.size());
  EXPECT_TRUE(difference.differing.empty());
  EXPECT_EQ(difference.only_first, Ids{first.rows.back().id});
  EXPECT_TRUE(difference.other_subnets.empty());
}

TEST_F(DifferenceTest, RowsOfOneSideAloneAndIdsOfOtherSubnets) {
  auto const stranger = second.rows[1].genes;
  second.rows.erase(second.rows.begin() + 1);
  second.rows[1].genes = stranger;  // sample 2 is what sample 1 was
  auto const difference = difference_of(first, second);
  EXPECT_EQ(difference.other_subnets, Ids{first.rows[2].id});
  EXPECT_EQ(difference.only_first, Ids{first.rows[2].id});
  EXPECT_TRUE(difference.only_second.empty());
  ASSERT_EQ(difference.differing.size(), 1u);
  EXPECT_EQ(difference.differing.front().first.id, first.rows[1].id);
  EXPECT_EQ(difference.differing.front().second.id, first.rows[2].id);
}

TEST_F(DifferenceTest, RepeatedRowsHaveOnePartnerEach) {
  auto of_first = first;
  of_first.rows.resize(3);
  for (auto& row : of_first.rows) row.genes = first.rows[0].genes;
  auto of_second = of_first;
  of_second.rows.pop_back();
  auto const difference = difference_of(of_first, of_second);
  EXPECT_EQ(difference.pairs, 2u);
  EXPECT_TRUE(difference.differing.empty());
  EXPECT_EQ(difference.only_first, Ids{of_first.rows[2].id});
}

TEST_F(DifferenceTest, PartsOfTheIdentityAreNamed) {
  second.header.identity["evaluator.engine"] = "onednn";
  second.header.identity.erase("supernet");
  auto const difference = difference_of(first, second);
  ASSERT_EQ(difference.identity.size(), 2u);
  EXPECT_EQ(difference.identity[0].name, "evaluator.engine");
  EXPECT_EQ(difference.identity[0].second, "onednn");
  EXPECT_EQ(difference.identity[1].first, "c0ffee");
  EXPECT_FALSE(difference.identity[1].second.has_value());
  second.header.space_hash = "other";
  test::expect_error(Errc::data, "subnets of two spaces cannot be compared", [&] { difference_of(first, second); });
}

TEST_F(DifferenceTest, IsSaidAsTextAndAsJson) {
  second.header.identity["evaluator.engine"] = "onednn";
  second.rows[3].correct = 0;
  second.rows.pop_back();
  std::vector<StageDifference> const all{difference_of(first, second)};
  auto const text = difference_table(all, "A", "B", 10);
  auto const n = first.rows.size();
  EXPECT_NE(text.find(fmt::format("quant: {} rows in A, {} in B; {} subnets in both, {} with equal counts\n", n, n - 1, n - 1, n - 2)),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  evaluator.engine: reference in A, onednn in B\n"), std::string::npos) << text;
  EXPECT_NE(text.find(fmt::format("  sample {}: ", first.rows[3].id)), std::string::npos) << text;
  EXPECT_NE(text.find(fmt::format("  1 rows in A alone: {}\n", first.rows.back().id)), std::string::npos) << text;
  EXPECT_NE(difference_table(all, "A", "B", 0).find("... 1 more differ"), std::string::npos);
  auto const json = nlohmann::json::parse(difference_json(all, "A", "B", space));
  auto const& stage = json["stages"][0];
  EXPECT_EQ(stage["pairs"], n - 1);
  EXPECT_EQ(stage["equal"], n - 2);
  EXPECT_EQ(stage["differing"][0]["second"]["correct"], 0);
  EXPECT_TRUE(stage["differing"][0]["subnet"].contains("ks"));
  EXPECT_EQ(stage["only_first"][0], first.rows.back().id);
  EXPECT_EQ(stage["identity"]["evaluator.engine"]["second"], "onednn");
}

}  // namespace
}  // namespace apq::dataset
