#pragma once

#include <string>

#include <mpi.h>

namespace apq::mpi {

/// Throws Error(mpi) with the library's text when `code` is not MPI_SUCCESS.
void check(int code, char const* call);

/// Owns a duplicate of its parent; rank and size are cached; errors are returned, not fatal. Move-only.
class Communicator {
 public:
  /// Collective over `parent`.
  explicit Communicator(MPI_Comm parent);
  /// This process alone, without MPI, which need not be initialised: the collectives of collectives.hpp have nothing to do then.
  static Communicator alone() { return {}; }
  ~Communicator();
  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&& other) noexcept;

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  bool is_root() const noexcept { return rank_ == 0; }
  MPI_Comm get() const noexcept { return comm_; }
  bool is_alone() const noexcept { return comm_ == MPI_COMM_NULL; }
  /// The ranks that share this rank's memory (one node). Collective.
  Communicator node() const;

 private:
  Communicator() = default;
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
};

}  // namespace apq::mpi
