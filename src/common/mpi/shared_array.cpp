#include "common/mpi/shared_array.hpp"

#include <exception>
#include <utility>

#include "common/mpi/collectives.hpp"

namespace apq::mpi {

SharedArray::SharedArray(Communicator const& node, std::size_t bytes) {
  if (node.is_alone()) {
    own_.resize(bytes);
    bytes_ = own_;
    return;
  }
  node_ = std::make_unique<Communicator>(node.get());
  // All of it lies with the node's first rank: one run of addresses, whatever the number of ranks.
  void* mine = nullptr;
  check(MPI_Win_allocate_shared(static_cast<MPI_Aint>(node_->is_root() ? bytes : 0), 1, MPI_INFO_NULL, node_->get(), &mine, &window_),
        "MPI_Win_allocate_shared");
  MPI_Aint size = 0;
  int unit = 0;
  void* first = nullptr;
  check(MPI_Win_shared_query(window_, 0, &size, &unit, &first), "MPI_Win_shared_query");
  check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
  bytes_ = {static_cast<std::uint8_t*>(first), bytes};
}

SharedArray::SharedArray(SharedArray&& other) noexcept
    : node_(std::move(other.node_)),
      own_(std::move(other.own_)),
      window_(std::exchange(other.window_, MPI_WIN_NULL)),
      bytes_(std::exchange(other.bytes_, {})) {}

SharedArray::~SharedArray() {
  if (window_ == MPI_WIN_NULL) return;
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized != 0) return;
  if (std::uncaught_exceptions() > 0) {
    static_cast<void>(node_.release());  // the window needs it; both end with the process
    return;
  }
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

void SharedArray::publish() const {
  if (!node_) return;
  check(MPI_Win_sync(window_), "MPI_Win_sync");
  barrier(*node_);
  check(MPI_Win_sync(window_), "MPI_Win_sync");
}

}  // namespace apq::mpi
