#pragma once

#include <cstdint>
#include <string_view>

namespace apq::mpi {

/// What this node can still give to shared memory, in bytes.
struct NodeMemory {
  std::uint64_t available;    ///< MemAvailable of /proc/meminfo
  std::uint64_t shared_free;  ///< free space of /dev/shm, where Open MPI puts windows that several ranks share
};

/// Where the system does not tell, the value is the largest number: nothing is refused that might fit. Local.
NodeMemory node_memory();

/// MemAvailable in bytes out of the text of /proc/meminfo; the largest number where the line is absent.
std::uint64_t mem_available(std::string_view meminfo);

}  // namespace apq::mpi
