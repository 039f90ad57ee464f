#pragma once

#include <cstdint>
#include <string>

namespace apq::job {

/// A process as others can find it again.
struct Process {
  std::string host;   ///< name of its machine, for people
  std::string table;  ///< the table of processes that `pid` counts in: boot and namespace, unlike anywhere else; empty: not known
  int pid = 0;
  std::uint64_t start = 0;  ///< when it was started, in ticks since the boot: a pid is given again, not both
};

/// The calling process; an exec does not make it another. Local.
Process this_process();

/// True when `process` is known to have ended: it counts in this process's table and is not there, or waits for its parent alone. False
/// also where that cannot be known from here. Local.
bool has_ended(Process const& process);

}  // namespace apq::job
