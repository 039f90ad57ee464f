#pragma once

#include <cstddef>
#include <cstdint>
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

/// As share_blocks_bytes, with counts[r] items on rank r; counts are the same on all ranks and sum to n.
void share_parts_bytes(Communicator const& comm, std::span<std::byte> bytes, std::span<std::uint64_t const> counts);

template <class T>
requires std::is_trivially_copyable_v<T>
void share_parts(Communicator const& comm, std::span<T> values, std::span<std::uint64_t const> counts) {
  share_parts_bytes(comm, std::as_writable_bytes(values), counts);
}

}  // namespace apq::mpi
