// mpi_run_main_probe MODE: ends in the way MODE says, or measures how long claims take while rank 0
// computes.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/run_main.hpp"
#include "common/mpi/work_claim.hpp"

using namespace apq;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Rank 0 computes for a second; prints how many of 40 items it got, and the longest wait of others.
void claim_while_rank_0_computes(mpi::Communicator const& world) {
  double longest = 0;
  std::uint64_t items = 0;
  {
    auto const claim = mpi::make_window_counter(world, 40);
    auto const start = Clock::now();
    while (world.is_root() && seconds_since(start) < 1.0) continue;
    for (;;) {
      auto const asked = Clock::now();
      if (!claim->next()) break;
      ++items;
      if (!world.is_root()) longest = std::max(longest, seconds_since(asked));
    }
  }
  longest = mpi::allreduce_max(world, longest);
  if (world.is_root()) fmt::print("rank 0 got {} items, longest wait {:.3f} s\n", items, longest);
}

}  // namespace

int main(int argc, char** argv) {
  // What a command that needs no MPI gets: alone unless a launcher started the process; collectives work either way.
  if (std::string_view(argv[1]) == "light")
    return mpi::run_main(
        argc, argv,
        [](mpi::Communicator const& world, int, char**) {
          int initialised = 0;
          MPI_Initialized(&initialised);
          auto const ranks = mpi::allgather<int>(world, std::vector{world.rank()});
          mpi::barrier(world);
          auto const text = mpi::broadcast(world, world.is_root() ? std::string("same") : std::string());
          auto const mean = mpi::allreduce_max(world, world.rank()) / 2;
          mpi::collectively(world, [] {});
          auto const on_node = world.node().size();
          if (world.is_root())
            fmt::print("MPI initialised: {}, ranks: {}, {} {} node {}\n", initialised != 0, ranks.size(), text, mean, on_node);
          return 0;
        },
        mpi::Initialise::when_launched);
  return mpi::run_main(argc, argv, [](mpi::Communicator const& world, int, char** arguments) {
    std::string const mode = arguments[1];
    bool const last = world.rank() == world.size() - 1;
    if (mode == "status") return 9;
    if (mode == "alike")
      mpi::collectively(world, [&] {
        if (last) throw Error(Errc::data, "shard 3: is damaged");
      });
    if (mode == "alone" && last) throw Error(Errc::numeric, "loss: is nan");
    if (mode == "unexpected" && last) throw std::runtime_error("out of range\nframe 0");
    if (mode == "claim") claim_while_rank_0_computes(world);
    mpi::barrier(world);
    return 0;
  });
}
