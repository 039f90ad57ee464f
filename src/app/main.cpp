// apq: the commands that need no LibTorch. For the others it becomes `apq-torch`, which lies beside it or in ../libexec/apq: the process
// stays the same, so that launchers, signals and standard streams notice nothing, and nobody waits for 300 libraries to read a help text.
// On the way the environment is set that those libraries read (library_environment.hpp); `apq-torch` called by another begins anew with it.
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "app/command.hpp"
#include "app/library_environment.hpp"
#include "common/core/error.hpp"
#include "common/core/heap.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/run_main.hpp"

namespace {

using namespace apq::app;

/// Returns only where that fails: with the exit status.
int become_apq_torch(char** argv) {
  std::error_code error;
  auto const directory = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  auto const beside = directory / "apq-torch";
  auto reason = error.message();
  if (!error) {
    ::execv(beside.c_str(), argv);
    reason = std::strerror(errno);
    if (errno == ENOENT) ::execv((directory.parent_path() / "libexec" / "apq" / "apq-torch").c_str(), argv);
  }
  fmt::print(stderr,
             "apq: error: {}: cannot be started ({}); it belongs beside apq, where the build puts it, or into ../libexec/apq, where "
             "cmake --install does\n",
             beside.string(), reason);
  return static_cast<int>(apq::Errc::io);
}

#ifdef APQ_HOLDS_TORCH_COMMANDS
constexpr bool holds_torch = true;
#else
constexpr bool holds_torch = false;
#endif

}  // namespace

int main(int argc, char** argv) {
  auto const* const command = named_command(argc, argv);
  bool const is_held = command == nullptr || command->add != nullptr;
  bool const changed = fix_library_environment();
  if (!is_held) return become_apq_torch(argv);
  if (holds_torch && changed) {
    ::execv("/proc/self/exe", argv);
    fmt::print(stderr, "apq: error: {}: cannot be started anew ({})\n", argv[0], std::strerror(errno));
    return static_cast<int>(apq::Errc::io);
  }
  auto const mpi =
      command != nullptr && command->needs != Needs::nothing ? apq::mpi::Initialise::always : apq::mpi::Initialise::when_launched;
  apq::keep_freed_memory();
  // Those commands ask between their steps; the others have nothing to lose. It outlives what libraries do at the end, which takes a
  // moment: by then the work is done.
  if (command != nullptr && command->needs == Needs::torch) {
    static auto const* const stop_on_signals = new apq::StopOnSignals;
    static_cast<void>(stop_on_signals);
  }
  return apq::mpi::run_main(argc, argv, run_command, mpi);
}
