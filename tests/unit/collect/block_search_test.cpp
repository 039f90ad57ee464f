#include "collect/block_search.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "collect/claim_files.hpp"
#include "common/core/random_token.hpp"
#include "common/job/heartbeat.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using collect::BlockSearch;
using Ids = std::vector<std::uint64_t>;

// Claims of any number of nodes in one table.
struct Table {
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> holders;
  std::set<int> gone;
  int num_looks = 0;
};
class TableClaims : public collect::BlockClaims {
 public:
  TableClaims(Table& table, int me) : table_(table), me_(me) {}
  std::map<std::uint64_t, std::uint64_t> last_generations() override {
    ++table_.num_looks;
    std::map<std::uint64_t, std::uint64_t> last;
    for (auto const& [claim, holder] : table_.holders) last[claim.first] = std::max(last[claim.first], claim.second);
    return last;
  }
  std::optional<Holder> take(std::uint64_t block, std::uint64_t generation) override {
    auto const holder = table_.holders.try_emplace({block, generation}, me_).first->second;
    if (holder == me_) return std::nullopt;
    return Holder{holder < 0 || table_.gone.contains(holder), "node " + std::to_string(holder)};
  }
  void release(std::uint64_t block, std::uint64_t generation) override { table_.holders[{block, generation}] = -1; }

 private:
  Table& table_;
  int me_;
};

Ids up_to(std::uint64_t n) {
  Ids ids(n);
  std::iota(ids.begin(), ids.end(), 0u);
  return ids;
}
Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(BlockSize, ManyNodesGetWorkAndLargeStudiesHaveFewFiles) {
  EXPECT_EQ(collect::block_size(0), 1u);
  EXPECT_EQ(collect::block_size(60), 1u);
  EXPECT_EQ(collect::block_size(500), 7u);
  EXPECT_EQ(collect::block_size(80'000), 64u);
}

TEST(BlockSearch, OneNodeGoesThroughTheBlocksInTheirOrder) {
  Table table;
  TableClaims claims(table, 1);
  BlockSearch search(claims, {4, 7});
  auto const open = [] { return Ids{0, 1, 5, 9, 10}; };
  EXPECT_EQ(search.next_unclaimed(open), (Ids{0, 1}));
  EXPECT_EQ(search.next_unclaimed(open), Ids{5});
  EXPECT_EQ(search.next_unclaimed(open), (Ids{9, 10}));
  EXPECT_EQ(search.next_unclaimed(open), Ids{});
  EXPECT_EQ(table.num_looks, 1);
}

TEST(BlockSearch, NodesAtOnceGetEveryBlockOnceAndLookSeldom) {
  constexpr int nodes = 20;
  constexpr std::uint64_t blocks = 400;
  Table table;
  std::vector<TableClaims> claims;
  std::vector<BlockSearch> searches;
  for (int n = 0; n < nodes; ++n) claims.emplace_back(table, n);
  for (int n = 0; n < nodes; ++n)
    searches.emplace_back(claims[static_cast<std::size_t>(n)], BlockSearch::Options{2, static_cast<std::uint64_t>(n)});
  std::map<std::uint64_t, int> times;
  for (bool found = true; found;) {
    found = false;
    for (auto& search : searches)
      for (auto const id : search.next_unclaimed([] { return up_to(2 * blocks); })) {
        ++times[id];
        found = true;
      }
  }
  EXPECT_EQ(times.size(), 2 * blocks);
  for (auto const& [id, count] : times) EXPECT_EQ(count, 1) << id;
  EXPECT_LT(table.num_looks, 3 * static_cast<int>(blocks));
}

TEST(BlockSearch, WhatOneWhoIsGoneHeldIsTakenAtOnceByOneNodeOnly) {
  Table table;
  TableClaims first(table, 1), second(table, 2), third(table, 3);
  BlockSearch dead(first, {4, 1}), heir(second, {4, 2}), other(third, {4, 3});
  ASSERT_EQ(dead.next_unclaimed([] { return up_to(4); }), up_to(4));
  EXPECT_EQ(heir.next_unclaimed([] { return up_to(4); }), Ids{});
  EXPECT_EQ(heir.next_left(up_to(4), 100, 10), Ids{});
  EXPECT_EQ(heir.holders(), std::vector<std::string>{"node 1"});
  table.gone = {1};
  EXPECT_EQ(sorted(heir.next_left({1, 2, 3}, 101, 10)), (Ids{1, 2, 3}));
  EXPECT_EQ(other.next_left({1, 2, 3}, 101, 10), Ids{}) << "node 2 works on it";
  EXPECT_EQ(other.holders(), std::vector<std::string>{"node 2"});
}

TEST(BlockSearch, AHolderWhoWorksHasTimeToDeliverThenAnIdleNodeHelps) {
  Table table;
  TableClaims first(table, 1), second(table, 2), third(table, 3);
  BlockSearch slow(first, {4, 1}), helper(second, {4, 2}), late(third, {4, 3});
  ASSERT_EQ(slow.next_unclaimed([] { return up_to(4); }), up_to(4));
  EXPECT_EQ(helper.next_left({2, 3}, 100, 10), Ids{});
  EXPECT_EQ(helper.next_left({2, 3}, 109, 10), Ids{});
  EXPECT_EQ(late.next_left({2, 3}, 109, 10), Ids{});
  EXPECT_EQ(sorted(helper.next_left({2, 3}, 110, 10)), (Ids{2, 3}));
  EXPECT_EQ(late.next_left({3}, 119, 10), Ids{}) << "the helper has its time too";
  EXPECT_EQ(late.next_left({3}, 129, 10), Ids{3});
}

TEST(BlockSearch, WhatIsGivenBackIsFreeAndOnlyThat) {
  Table table;
  TableClaims first(table, 1), second(table, 2);
  BlockSearch stopped(first, {2, 1}), other(second, {2, 2});
  for (int i = 0; i < 3; ++i) stopped.next_unclaimed([] { return up_to(6); });
  stopped.release({2});
  EXPECT_EQ(other.next_left({2, 4}, 0, 100), Ids{2});
  EXPECT_EQ(other.next_left({4}, 0, 100), Ids{});
}

TEST(ClaimFiles, NodesOfAStudySeeEachOther) {
  test::TempDir const directory;
  job::JobRecord record = job::new_job(1);
  job::JobHeartbeat heartbeat(directory / "jobs", record, 5);
  job::JobWatch watch(directory / "jobs", 600);
  collect::ClaimFiles one(directory / "claims", 8, {heartbeat.token(), "n1", random_token()}, watch);
  collect::ClaimFiles two(directory / "claims", 8, {heartbeat.token(), "n2", random_token()}, watch);
  collect::ClaimFiles other_size(directory / "claims", 4, {heartbeat.token(), "n3", random_token()}, watch);
  EXPECT_TRUE(one.last_generations().empty());
  EXPECT_FALSE(one.take(3, 0));
  EXPECT_TRUE(std::filesystem::exists(directory / "claims/000024+8.0"));
  EXPECT_FALSE(one.take(3, 0)) << "it is its own";
  auto const holder = two.take(3, 0);
  ASSERT_TRUE(holder);
  EXPECT_FALSE(holder->is_gone);
  EXPECT_FALSE(holder->who.empty());
  EXPECT_EQ(two.last_generations(), (std::map<std::uint64_t, std::uint64_t>{{3, 0}}));
  EXPECT_TRUE(other_size.last_generations().empty());
  one.release(3, 0);
  heartbeat.end(job::JobState::ended);
  EXPECT_TRUE(two.take(3, 0)->is_gone);
  EXPECT_FALSE(two.take(3, 1));
  EXPECT_EQ(one.last_generations(), (std::map<std::uint64_t, std::uint64_t>{{3, 1}}));
}

}  // namespace
