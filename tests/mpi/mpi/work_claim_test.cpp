#include "common/mpi/work_claim.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "common/mpi/collectives.hpp"

namespace {

using namespace apq;

std::vector<std::uint64_t> claim_all(mpi::Communicator const& world, std::uint64_t n) {
  auto const claim = mpi::make_shared_counter(world, n);
  std::vector<std::uint64_t> mine;
  while (auto const item = claim->next()) mine.push_back(*item);
  EXPECT_FALSE(claim->next().has_value());
  auto all = mpi::allgather<std::uint64_t>(world, mine);
  std::sort(all.begin(), all.end());
  return all;
}

TEST(WorkClaim, HandsOutEveryItemOnce) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  for (std::uint64_t n : {0u, 1u, 7u, 1000u}) {
    std::vector<std::uint64_t> expected(n);
    std::iota(expected.begin(), expected.end(), 0u);
    EXPECT_EQ(claim_all(world, n), expected);
  }
}

TEST(WorkClaim, OtherRanksGoOnWhileOneIsBusy) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  auto const claim = mpi::make_shared_counter(world, 50);
  std::uint64_t taken = 0;
  // Rank 0, which holds the counter, computes without entering the library until the others have
  // taken everything.
  if (world.is_root() && world.size() > 1)
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  while (claim->next()) ++taken;
  if (world.is_root() && world.size() > 1) {
    EXPECT_EQ(taken, 0u);
  }
  std::uint64_t total = taken;
  mpi::allreduce_sum(world, std::span(&total, 1));
  EXPECT_EQ(total, 50u);
}

}  // namespace
