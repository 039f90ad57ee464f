#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// Hands out work items 0 .. n-1, each at most once in one job. An interface, because independent
/// jobs will share a study through leases on the file system later.
///
/// While items are left, the ranks may call MPI only through this object: where the counter lives
/// on another node, a thread of rank 0 answers for it.
class WorkClaim {
 public:
  virtual ~WorkClaim() = default;
  /// The next item for this rank, or nullopt when none is left or some rank has closed the claim.
  /// Local in meaning: never waits for another rank's work.
  virtual std::optional<std::uint64_t> next() = 0;
  /// No rank gets an item after this: a rank that fails stops the others at their next item.
  virtual void close() = 0;
};

/// A shared counter; no rank serves as master. Plain shared memory where all ranks are on one node,
/// else `make_window_counter`. Construction and destruction are collective over `comm`.
std::unique_ptr<WorkClaim> make_shared_counter(Communicator const& comm, std::uint64_t num_items);

/// A counter in an MPI window on rank 0, taken with MPI_Fetch_and_op, for any placement of the
/// ranks. Collective.
std::unique_ptr<WorkClaim> make_window_counter(Communicator const& comm, std::uint64_t num_items);

}  // namespace apq::mpi
