#include "common/mpi/work_claim.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "common/mpi/collectives.hpp"

namespace {

using namespace apq;

using Make = std::unique_ptr<mpi::WorkClaim> (*)(mpi::Communicator const&, std::uint64_t);

class WorkClaim : public testing::TestWithParam<Make> {
 protected:
  mpi::Communicator world{MPI_COMM_WORLD};
};

TEST_P(WorkClaim, HandsOutEveryItemOnce) {
  for (std::uint64_t n : {0u, 1u, 7u, 1000u}) {
    auto const claim = GetParam()(world, n);
    std::vector<std::uint64_t> mine;
    while (auto const item = claim->next()) mine.push_back(*item);
    EXPECT_FALSE(claim->next().has_value());
    auto all = mpi::allgather<std::uint64_t>(world, mine);
    std::sort(all.begin(), all.end());
    std::vector<std::uint64_t> expected(n);
    std::iota(expected.begin(), expected.end(), 0u);
    EXPECT_EQ(all, expected);
  }
}

TEST_P(WorkClaim, NoItemComesAfterAnyRankClosed) {
  auto const claim = GetParam()(world, 1'000'000);
  std::uint64_t taken = 0;
  while (claim->next()) {
    ++taken;
    if (world.rank() == world.size() - 1) claim->close();
  }
  EXPECT_FALSE(claim->next().has_value());
  mpi::allreduce_sum(world, std::span(&taken, 1));
  EXPECT_LT(taken, 1'000'000u);
}

// Rank 0, which holds the counter, computes without entering the library until the others have
// taken everything.
TEST_P(WorkClaim, OtherRanksGoOnWhileOneIsBusy) {
  auto const claim = GetParam()(world, 50);
  std::uint64_t taken = 0;
  if (world.is_root() && world.size() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(700));
  while (claim->next()) ++taken;
  if (world.is_root() && world.size() > 1) {
    EXPECT_EQ(taken, 0u);
  }
  mpi::allreduce_sum(world, std::span(&taken, 1));
  EXPECT_EQ(taken, 50u);
}

INSTANTIATE_TEST_SUITE_P(Counters, WorkClaim, testing::Values(&mpi::make_shared_counter, &mpi::make_window_counter));

}  // namespace
