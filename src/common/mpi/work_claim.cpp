#include "common/mpi/work_claim.hpp"

#include <atomic>

#include "common/mpi/collectives.hpp"

namespace apq::mpi {
namespace {

// On one node the counter is plain shared memory: taking an item needs no progress of the rank that owns the window,
// which may be deep in a convolution.
class NodeCounter : public WorkClaim {
 public:
  NodeCounter(Communicator const& comm, std::uint64_t num_items) : num_items_(num_items) {
    auto const bytes = static_cast<MPI_Aint>(comm.is_root() ? sizeof(std::uint64_t) : 0);
    std::uint64_t* mine = nullptr;
    check(MPI_Win_allocate_shared(bytes, sizeof(std::uint64_t), MPI_INFO_NULL, comm.get(), &mine, &window_), "MPI_Win_allocate_shared");
    MPI_Aint size = 0;
    int unit = 0;
    check(MPI_Win_shared_query(window_, 0, &size, &unit, &counter_), "MPI_Win_shared_query");
    if (comm.is_root()) std::atomic_ref(*counter_).store(0);
    barrier(comm);
  }
  ~NodeCounter() override { MPI_Win_free(&window_); }
  std::optional<std::uint64_t> next() override {
    auto const item = std::atomic_ref(*counter_).fetch_add(1);
    return item < num_items_ ? std::optional(item) : std::nullopt;
  }

 private:
  std::uint64_t num_items_;
  MPI_Win window_ = MPI_WIN_NULL;
  std::uint64_t* counter_ = nullptr;
};

class RemoteCounter : public WorkClaim {
 public:
  RemoteCounter(Communicator const& comm, std::uint64_t num_items) : num_items_(num_items) {
    auto const bytes = static_cast<MPI_Aint>(comm.is_root() ? sizeof(std::uint64_t) : 0);
    std::uint64_t* mine = nullptr;
    check(MPI_Win_allocate(bytes, sizeof(std::uint64_t), MPI_INFO_NULL, comm.get(), &mine, &window_), "MPI_Win_allocate");
    check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
    if (comm.is_root()) {
      *mine = 0;
      check(MPI_Win_sync(window_), "MPI_Win_sync");
    }
    barrier(comm);
  }
  ~RemoteCounter() override {
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
  }
  std::optional<std::uint64_t> next() override {
    std::uint64_t const one = 1;
    std::uint64_t item = 0;
    check(MPI_Fetch_and_op(&one, &item, MPI_UINT64_T, 0, 0, MPI_SUM, window_), "MPI_Fetch_and_op");
    check(MPI_Win_flush(0, window_), "MPI_Win_flush");
    return item < num_items_ ? std::optional(item) : std::nullopt;
  }

 private:
  std::uint64_t num_items_;
  MPI_Win window_ = MPI_WIN_NULL;
};

}  // namespace

std::unique_ptr<WorkClaim> make_shared_counter(Communicator const& comm, std::uint64_t num_items) {
  if (comm.node().size() == comm.size()) return std::make_unique<NodeCounter>(comm, num_items);
  return std::make_unique<RemoteCounter>(comm, num_items);
}

}  // namespace apq::mpi
