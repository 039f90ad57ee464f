#include "common/mpi/turns.hpp"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"

using namespace apq;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// Steps until all end; the same number on every rank.
int steps_of(mpi::Communicator const& world, milliseconds step, int most, std::function<void(int)> const& before = {}) {
  mpi::Turns turns(world, "work");
  int steps = 0;
  while (steps < most && !turns.end_here()) {
    if (before) before(steps);
    std::this_thread::sleep_for(step);
    ++steps;
  }
  for (int const theirs : mpi::allgather<int>(world, std::span(&steps, 1))) EXPECT_EQ(theirs, steps);
  return steps;
}

TEST(Turns, GoOnWhileNobodyAsks) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  EXPECT_EQ(steps_of(world, milliseconds(0), 10'000), 10'000);
}

TEST(Turns, EndAtTheSameStepWhereOneRankIsAsked) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  for (int const step_ms : {0, 1, 30}) {
    StopOnSignals const stop_on_signals;
    auto const asked_at = 11;
    auto const steps = steps_of(world, milliseconds(step_ms), 1'000'000, [&](int step) {
      if (step == asked_at && world.rank() == world.size() - 1) std::raise(SIGUSR1);
    });
    EXPECT_GT(steps, asked_at);
    if (step_ms == 30) EXPECT_LT(steps, asked_at + 40) << "more than a second later";
    mpi::barrier(world);
  }
}

TEST(Turns, SayWhyOnEveryRank) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  StopOnSignals const stop_on_signals;
  if (world.rank() == world.size() - 1) std::raise(SIGTERM);
  mpi::Turns turns(world, "work");
  try {
    turns.next();
    FAIL();
  } catch (mpi::CollectiveError const& e) {
    EXPECT_EQ(e.code(), Errc::stopped);
    EXPECT_STREQ(e.what(), "work: stopped by SIGTERM; run the same command again to go on");
  }
  mpi::barrier(world);
}

TEST(Turns, NoStepBeginsThatWouldEndAfterTheDeadline) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  mpi::barrier(world);
  auto const end = steady_clock::now() + milliseconds(1500);
  set_deadline(end);
  auto const steps = steps_of(world, milliseconds(400), 1000);
  EXPECT_GE(steps, 1);
  EXPECT_LE(steps, 3);
  EXPECT_LT(steady_clock::now(), end + milliseconds(100));
  set_deadline(std::nullopt);
  mpi::barrier(world);
}

TEST(Turns, NoFirstStepBeginsThatIsKnownToTakeLonger) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  set_deadline(steady_clock::now() + std::chrono::seconds(50));
  EXPECT_FALSE(mpi::Turns(world, "work", 10).end_here());
  EXPECT_TRUE(mpi::Turns(world, "work", 60).end_here());
  set_deadline(std::nullopt);
  mpi::barrier(world);
}

}  // namespace
