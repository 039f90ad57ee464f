// apq: the commands that need no LibTorch. For the others it becomes `apq-torch`, which lies beside it: the process stays the same,
// so that launchers, signals and standard streams notice nothing, and nobody waits for 300 libraries to read a help text.
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "app/command.hpp"
#include "common/core/error.hpp"
#include "common/core/heap.hpp"
#include "common/mpi/run_main.hpp"

namespace {

using namespace apq::app;

constexpr Held held[] = {
    {"status", add_status}, {"data", add_data}, {"space", add_space}, {"cost", add_cost}, {"encode", add_encode}, {"doctor", add_doctor},
};

/// Returns only where that fails: with the exit status.
int become_apq_torch(char** argv) {
  std::error_code error;
  auto const self = std::filesystem::read_symlink("/proc/self/exe", error);
  auto const other = self.parent_path() / "apq-torch";
  if (!error) ::execv(other.c_str(), argv);
  fmt::print(stderr, "apq: error: {}: cannot be started ({}); it belongs beside apq, where the build and cmake --install put it\n",
             other.string(), error ? error.message() : std::strerror(errno));
  return static_cast<int>(apq::Errc::io);
}

}  // namespace

int main(int argc, char** argv) {
  auto const* const command = named_command(argc, argv);
  if (command != nullptr && command->needs == Needs::torch) return become_apq_torch(argv);
  auto const mpi = command != nullptr && command->needs == Needs::mpi ? apq::mpi::Initialise::always : apq::mpi::Initialise::when_launched;
  apq::keep_freed_memory();
  return apq::mpi::run_main(
      argc, argv, [](apq::mpi::Communicator const& world, int c, char** v) { return run_command(world, c, v, held); }, mpi);
}
