#pragma once

#include <cstdint>

namespace apq::mpi {

/// What this node can still give to shared memory, in bytes.
struct NodeMemory {
  std::uint64_t available;    ///< without swapping, and within the job's control group
  std::uint64_t shared_free;  ///< free space of /dev/shm, where Open MPI puts windows that several ranks share
};

/// Where the system does not tell, the value is the largest number: nothing is refused that might fit. Local.
NodeMemory node_memory();

}  // namespace apq::mpi
