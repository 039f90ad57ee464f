#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// Bytes that all ranks of a node see: one MPI-3 shared-memory window, so that a node holds one copy. Any rank may write
/// before `publish` (each its own part), all may read after it. Move-only.
///
/// Making, publishing and dropping it are collective over the node: its last owner must go at the same point of every rank's
/// program. While an exception unwinds the stack the window is left to the end of the process instead: the other ranks
/// may be elsewhere, and freeing would wait for them.
class SharedArray {
 public:
  /// Collective over `node`, whose ranks must share memory (Communicator::node). Untouched pages take no memory.
  /// @throws Error(mpi) when the library cannot make the window.
  SharedArray(Communicator const& node, std::size_t bytes);
  ~SharedArray();
  SharedArray(SharedArray&& other) noexcept;
  SharedArray& operator=(SharedArray&& other) = delete;

  std::span<std::uint8_t> bytes() const noexcept { return bytes_; }
  /// Makes what every rank wrote visible to all. Collective over the node.
  void publish() const;

 private:
  std::unique_ptr<Communicator> node_;
  std::vector<std::uint8_t> own_;  // of a process alone, without MPI
  MPI_Win window_ = MPI_WIN_NULL;
  std::span<std::uint8_t> bytes_;
};

}  // namespace apq::mpi
