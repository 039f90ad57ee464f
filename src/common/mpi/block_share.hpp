#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "common/mpi/collectives.hpp"

namespace apq::mpi {

/// `bytes` holds n items of equal size, of which every rank has filled its own, block_range(n, size, rank); afterwards all
/// have all. In place, one message. Collective over `comm`.
void share_blocks_bytes(Communicator const& comm, std::span<std::byte> bytes, std::size_t n);

/// @param values  n items of values.size() / n values each
template <class T>
  requires std::is_trivially_copyable_v<T>
void share_blocks(Communicator const& comm, std::span<T> values, std::size_t n) {
  share_blocks_bytes(comm, std::as_writable_bytes(values), n);
}

}  // namespace apq::mpi
