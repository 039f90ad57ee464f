#include "common/mpi/work_claim.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <thread>

#include "common/mpi/collectives.hpp"

namespace apq::mpi {
namespace {

// The counter lies on rank 0; the other ranks give no memory.
MPI_Aint window_bytes(Communicator const& comm) { return static_cast<MPI_Aint>(comm.is_root() ? sizeof(std::uint64_t) : 0); }

// On one node the counter is plain shared memory: taking an item needs no progress of the rank that
// owns the window, which may be deep in a convolution.
class NodeCounter : public WorkClaim {
 public:
  NodeCounter(Communicator const& comm, std::uint64_t num_items) : num_items_(num_items) {
    std::uint64_t* mine = nullptr;
    check(MPI_Win_allocate_shared(window_bytes(comm), sizeof(std::uint64_t), MPI_INFO_NULL, comm.get(), &mine, &window_),
          "MPI_Win_allocate_shared");
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
  void close() override { std::atomic_ref(*counter_).fetch_add(num_items_); }

 private:
  std::uint64_t num_items_;
  MPI_Win window_ = MPI_WIN_NULL;
  std::uint64_t* counter_ = nullptr;
};

// Over TCP, Open MPI answers one-sided calls only while the target is inside the library (measured
// with 4.1: a claim waited for the whole 2 s that rank 0 computed). So a thread of rank 0 enters it
// every millisecond, in turn with the rank's own calls, until the rank has no work left and waits
// in a collective anyway.
class RemoteCounter : public WorkClaim {
 public:
  RemoteCounter(Communicator const& comm, std::uint64_t num_items) : num_items_(num_items) {
    std::uint64_t* mine = nullptr;
    check(MPI_Win_allocate(window_bytes(comm), sizeof(std::uint64_t), MPI_INFO_NULL, comm.get(), &mine, &window_), "MPI_Win_allocate");
    check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
    if (comm.is_root()) {
      *mine = 0;
      check(MPI_Win_sync(window_), "MPI_Win_sync");
    }
    barrier(comm);
    int threads = MPI_THREAD_SINGLE;
    check(MPI_Query_thread(&threads), "MPI_Query_thread");
    if (comm.is_root() && comm.size() > 1 && threads >= MPI_THREAD_SERIALIZED)
      answering_ = std::jthread([this, at = comm.get()](std::stop_token stop) { answer(stop, at); });
  }
  ~RemoteCounter() override {
    stop_answering();
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
  }
  std::optional<std::uint64_t> next() override {
    auto const item = fetch_add(1);
    if (item < num_items_) return item;
    stop_answering();
    return std::nullopt;
  }
  void close() override {
    fetch_add(num_items_);
    stop_answering();
  }

 private:
  std::uint64_t fetch_add(std::uint64_t amount) {
    std::scoped_lock const turn(mutex_);
    std::uint64_t before = 0;
    check(MPI_Fetch_and_op(&amount, &before, MPI_UINT64_T, 0, 0, MPI_SUM, window_), "MPI_Fetch_and_op");
    check(MPI_Win_flush(0, window_), "MPI_Win_flush");
    return before;
  }
  void answer(std::stop_token const& stop, MPI_Comm comm) {
    while (!stop.stop_requested()) {
      {
        std::scoped_lock const turn(mutex_);
        int found = 0;
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &found, MPI_STATUS_IGNORE);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void stop_answering() {
    if (!answering_.joinable()) return;
    answering_.request_stop();
    answering_.join();
  }

  std::uint64_t num_items_;
  MPI_Win window_ = MPI_WIN_NULL;
  std::mutex mutex_;
  std::jthread answering_;
};

}  // namespace

std::unique_ptr<WorkClaim> make_shared_counter(Communicator const& comm, std::uint64_t num_items) {
  if (comm.node().size() == comm.size()) return std::make_unique<NodeCounter>(comm, num_items);
  return make_window_counter(comm, num_items);
}

std::unique_ptr<WorkClaim> make_window_counter(Communicator const& comm, std::uint64_t num_items) {
  return std::make_unique<RemoteCounter>(comm, num_items);
}

}  // namespace apq::mpi
