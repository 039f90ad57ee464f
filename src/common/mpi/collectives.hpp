#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "common/mpi/communicator.hpp"

// Everything here is collective over `comm` unless it says otherwise. T is trivially copyable and travels as bytes
// (homogeneous machines), except for the reductions. Counts above 2^31 bytes are split.
namespace apq::mpi {

void barrier(Communicator const& comm);

void broadcast_bytes(Communicator const& comm, std::vector<std::byte>& bytes, int root);
/// Size and content from `root` to all.
template <class T>
requires std::is_trivially_copyable_v<T> std::vector<T> broadcast(Communicator const& comm, std::vector<T> values, int root = 0);
std::string broadcast(Communicator const& comm, std::string text, int root = 0);

std::vector<std::byte> allgather_bytes(Communicator const& comm, std::span<std::byte const> mine);
/// Concatenation of every rank's values in rank order; lengths may differ, also be 0.
template <class T>
requires std::is_trivially_copyable_v<T> std::vector<T> allgather(Communicator const& comm, std::span<T const> mine);

/// Element-wise sum in place. For floating point the sum is taken in rank order (gathered, then added), so that the
/// result is the same on every rank and from run to run at a given number of ranks.
void allreduce_sum(Communicator const& comm, std::span<double> values);
void allreduce_sum(Communicator const& comm, std::span<float> values);
void allreduce_sum(Communicator const& comm, std::span<std::uint64_t> values);
double allreduce_max(Communicator const& comm, double value);

/// Runs `step` on every rank; where it threw on any, throws the lowest failing rank's Error on every rank.
/// `step` must not communicate.
void collectively(Communicator const& comm, std::function<void()> const& step);

/// [first, last) of n items for a rank: contiguous, sizes differ by at most one. Local.
struct BlockRange {
  std::size_t first, last;
};
BlockRange block_range(std::size_t n, int size, int rank);

// ---- implementation of the templates

template <class T>
requires std::is_trivially_copyable_v<T> std::vector<T> broadcast(Communicator const& comm, std::vector<T> values, int root) {
  auto const view = std::as_bytes(std::span(values));
  std::vector<std::byte> bytes(view.begin(), view.end());
  broadcast_bytes(comm, bytes, root);
  std::vector<T> result(bytes.size() / sizeof(T));
  if (!bytes.empty()) __builtin_memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

template <class T>
requires std::is_trivially_copyable_v<T> std::vector<T> allgather(Communicator const& comm, std::span<T const> mine) {
  auto const bytes = allgather_bytes(comm, std::as_bytes(mine));
  std::vector<T> result(bytes.size() / sizeof(T));
  if (!bytes.empty()) __builtin_memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

}  // namespace apq::mpi
