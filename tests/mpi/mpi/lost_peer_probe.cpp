// mpi_lost_peer_probe SILENT_SECONDS MODE [SECONDS]: ranks that wait for the last one, which does what MODE says, under a PeerWatch.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/peer_watch.hpp"
#include "common/mpi/run_main.hpp"

using namespace apq;

namespace {

using Clock = std::chrono::steady_clock;

void say(std::string const& what) {
  auto const line = what + "\n";
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) std::abort();
}

void sleep_for(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// Half of it computes, half of it waits for a file, so to speak.
void slow_sample(double seconds) {
  auto const start = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - start).count() < seconds / 2) continue;
  sleep_for(seconds / 2);
}

int body(mpi::Communicator const& world, char** arguments) {
  std::string const mode = arguments[2];
  double const seconds = arguments[3] == nullptr ? 0 : std::atof(arguments[3]);
  bool const last = world.rank() == world.size() - 1;
  mpi::PeerWatch const watch(world, std::atof(arguments[1]));
  mpi::barrier(world);
  if (mode == "asked") {  // work that does not communicate
    if (last) std::raise(SIGINT);
    mpi::collectively(world, [] {
      for (int i = 0; i < 3000; ++i) {
        throw_if_stopping("probe");
        sleep_for(0.01);
      }
    });
  }
  if (last) {
    say(fmt::format("probe: {} begins", mode));
    if (mode == "stopped") std::raise(SIGSTOP);
    if (mode == "killed") std::raise(SIGKILL);
    if (mode == "left") ::_exit(0);
    if (mode == "slow") slow_sample(seconds);
    if (mode == "wait") sleep_for(seconds);
    say(fmt::format("probe: {} is over", mode));
  }
  mpi::barrier(world);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  StopOnSignals const stop_on_signals;
  return mpi::run_main(argc, argv, [](mpi::Communicator const& world, int, char** arguments) { return body(world, arguments); });
}
