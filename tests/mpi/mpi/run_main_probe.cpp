// mpi_run_main_probe MODE: ends in the way MODE says.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/run_main.hpp"

using namespace apq;

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
    mpi::barrier(world);
    return 0;
  });
}
