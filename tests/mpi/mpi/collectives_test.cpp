#include "common/mpi/collectives.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "common/mpi/block_share.hpp"
#include "common/mpi/collective_error.hpp"

namespace {

using namespace apq;

class Collectives : public testing::Test {
 protected:
  mpi::Communicator world{MPI_COMM_WORLD};
};

TEST_F(Collectives, AllgatherKeepsRankOrderWithUnevenAndEmptyParts) {
  // Rank r brings r values: rank 0 none.
  std::vector<int> mine(static_cast<std::size_t>(world.rank()), world.rank());
  std::vector<int> expected;
  for (int r = 0; r < world.size(); ++r) expected.insert(expected.end(), static_cast<std::size_t>(r), r);
  EXPECT_EQ(mpi::allgather<int>(world, mine), expected);
}

TEST_F(Collectives, BroadcastBringsSizeAndContent) {
  int const root = world.size() - 1;
  std::vector<double> values;
  if (world.rank() == root) values = {1.5, 2.5, -3.0};
  EXPECT_EQ(mpi::broadcast(world, values, root), (std::vector<double>{1.5, 2.5, -3.0}));
  EXPECT_EQ(mpi::broadcast(world, std::string(world.is_root() ? "text" : "")), "text");
  EXPECT_EQ(mpi::broadcast(world, std::vector<int>{}), std::vector<int>{});
}

TEST_F(Collectives, SumsAreTakenInRankOrder) {
  // 1e16 + 1 - 1e16 depends on the order: the sum must be that of ranks 0, 1, 2.
  double const parts[] = {1e16, 1.0, -1e16};
  double value = parts[world.rank() % 3];
  double expected = 0;
  for (int r = 0; r < world.size(); ++r) expected += parts[r % 3];
  mpi::allreduce_sum(world, std::span(&value, 1));
  EXPECT_EQ(value, expected);
  std::uint64_t count = 1;
  mpi::allreduce_sum(world, std::span(&count, 1));
  EXPECT_EQ(count, static_cast<std::uint64_t>(world.size()));
  EXPECT_EQ(mpi::allreduce_max(world, world.rank()), world.size() - 1);
}

// Long arrays are summed block by block; the sums must be the same numbers as one by one.
TEST_F(Collectives, LongSumsAreThoseOfShortOnes) {
  for (std::size_t n : {4096u, 4097u, 10'001u}) {
    auto value = [](int rank, std::size_t i) { return 1.0f / static_cast<float>(1 + i % 97) + 1e7f * static_cast<float>(rank % 2); };
    std::vector<float> values(n), expected(n, 0.0f);
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = value(world.rank(), i);
      for (int r = 0; r < world.size(); ++r) expected[i] += value(r, i);
    }
    mpi::allreduce_sum(world, std::span(values));
    EXPECT_EQ(values, expected) << n;
  }
}

TEST_F(Collectives, TheNodeHasAllRanksOfOneMachine) {
  auto const node = world.node();
  EXPECT_EQ(node.size(), world.size());
  EXPECT_EQ(node.rank(), world.rank());
}

// Libraries put call stacks behind the first line of their messages.
TEST_F(Collectives, AForeignExceptionBecomesOneLine) {
  try {
    mpi::collectively(world, [&] { throw std::runtime_error("no memory\nframe 0\nframe 1"); });
    ADD_FAILURE() << "must throw";
  } catch (mpi::CollectiveError const& e) {
    EXPECT_EQ(e.code(), Errc::internal);
    EXPECT_STREQ(e.what(), "unexpected: no memory");
  }
}

TEST_F(Collectives, AnErrorOfOneRankIsThrownByAll) {
  try {
    mpi::collectively(world, [&] {
      if (world.rank() == world.size() - 1) throw Error(Errc::data, "bad shard on the last rank");
    });
    ADD_FAILURE() << "must throw";
  } catch (mpi::CollectiveError const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_STREQ(e.what(), "bad shard on the last rank");
  }
  mpi::barrier(world);  // the ranks are still in step
}

TEST_F(Collectives, TheLowestFailingRankSpeaks) {
  try {
    mpi::collectively(world, [&] { throw Error(Errc::io, "rank " + std::to_string(world.rank())); });
    ADD_FAILURE() << "must throw";
  } catch (Error const& e) {
    EXPECT_STREQ(e.what(), "rank 0");
  }
}

TEST(BlockRange, CoversAllItemsOnceWithSizesThatDifferByAtMostOne) {
  for (std::size_t n : {0u, 1u, 2u, 7u, 100u, 101u})
    for (int size : {1, 2, 3, 7}) {
      std::size_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        auto const range = mpi::block_range(n, size, rank);
        EXPECT_EQ(range.first, next);
        next = range.last;
        EXPECT_GE(range.last - range.first, n / static_cast<std::size_t>(size));
        EXPECT_LE(range.last - range.first, n / static_cast<std::size_t>(size) + 1);
      }
      EXPECT_EQ(next, n);
    }
}

// Fewer items than ranks, as many, and more, of several bytes each; also none.
TEST_F(Collectives, BlocksAreSharedInPlace) {
  for (std::size_t const n : {0u, 1u, 2u, 3u, 10u, 1000u}) {
    std::vector<std::uint32_t> values(3 * n, 0);
    auto const own = mpi::block_range(n, world.size(), world.rank());
    for (auto i = 3 * own.first; i < 3 * own.last; ++i) values[i] = static_cast<std::uint32_t>(7 * i + 1);
    mpi::share_blocks(world, std::span(values), n);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], 7 * i + 1) << n << " items";
  }
}

// Rank r has r items, or only the last rank has any, or none has.
TEST_F(Collectives, PartsAreSharedInPlace) {
  auto const size = static_cast<std::uint64_t>(world.size()), rank = static_cast<std::uint64_t>(world.rank());
  for (int kind = 0; kind < 3; ++kind) {
    std::vector<std::uint64_t> counts(size, 0);
    for (std::uint64_t r = 0; r < size; ++r) counts[r] = kind == 0 ? r : kind == 1 && r + 1 == size ? 5 : 0;
    auto const first = std::accumulate(counts.begin(), counts.begin() + world.rank(), std::uint64_t{0});
    std::vector<std::uint32_t> values(3 * std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), 0);
    for (auto i = 3 * first; i < 3 * (first + counts[rank]); ++i) values[i] = static_cast<std::uint32_t>(7 * i + 1);
    mpi::share_parts(world, std::span(values), counts);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], 7 * i + 1) << "kind " << kind;
  }
}

}  // namespace
