#pragma once

#include <cstdint>

namespace apq {

/// A process of this machine, told from a later one that got the same number.
struct ProcessId {
  std::int64_t number = 0;
  std::uint64_t started = 0;  ///< ticks since the boot
};

enum class ProcessState {
  runs,        ///< or sleeps, or waits for a file system, or is held by a debugger
  is_stopped,  ///< by SIGSTOP and its like
  is_gone      ///< ended, or is not to be seen from here
};

ProcessId this_process();

/// As /proc tells now. Local.
ProcessState state_of(ProcessId const& process);

}  // namespace apq
