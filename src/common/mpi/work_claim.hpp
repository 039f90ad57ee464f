#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// Hands out work items 0 .. n-1, each exactly once in one job. An interface, because independent jobs will share a
/// study through leases on the file system later.
class WorkClaim {
 public:
  virtual ~WorkClaim() = default;
  /// The next item for this rank, or nullopt when none is left. Local in meaning: never waits for another rank's work.
  virtual std::optional<std::uint64_t> next() = 0;
};

/// A shared counter in an MPI window on rank 0, taken with MPI_Fetch_and_op; no rank serves as master.
/// Construction and destruction are collective over `comm`.
std::unique_ptr<WorkClaim> make_shared_counter(Communicator const& comm, std::uint64_t num_items);

}  // namespace apq::mpi
