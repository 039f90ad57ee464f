#include "common/mpi/collectives.hpp"

#include <algorithm>
#include <cstring>

#include "common/core/as_error.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/wait.hpp"

namespace apq::mpi {
namespace {

constexpr std::size_t largest_message = std::size_t{1} << 30;  // counts are int in MPI 3

void broadcast_raw(Communicator const& comm, void* bytes, std::size_t size, int root) {
  if (comm.is_alone()) return;
  auto* at = static_cast<char*>(bytes);
  for (std::size_t done = 0; done < size; done += largest_message) {
    auto const count = static_cast<int>(std::min(largest_message, size - done));
    MPI_Request request;
    check(MPI_Ibcast(at + done, count, MPI_BYTE, root, comm.get(), &request), "MPI_Ibcast");
    wait(request, "MPI_Ibcast");
  }
}

std::vector<std::uint64_t> allgather_sizes(Communicator const& comm, std::uint64_t mine) {
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(comm.size()));
  MPI_Request request;
  check(MPI_Iallgather(&mine, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, comm.get(), &request), "MPI_Iallgather");
  wait(request, "MPI_Iallgather");
  return sizes;
}

constexpr std::size_t few_values = 4096;         // one message is quicker than two for so few
constexpr std::size_t segment_values = 1 << 24;  // bounds counts and the receiving buffer

// Every rank gets its block of the values from all ranks, adds them in rank order and hands the sums
// round: as much memory and traffic as the values themselves, whatever the number of ranks.
template <class T>
void sum_by_blocks(Communicator const& comm, std::span<T> values) {
  std::vector<int> sizes, offsets, mine, mine_offsets;
  for (int r = 0; r < comm.size(); ++r) {
    auto const block = block_range(values.size(), comm.size(), r);
    sizes.push_back(static_cast<int>((block.last - block.first) * sizeof(T)));
    offsets.push_back(static_cast<int>(block.first * sizeof(T)));
  }
  auto const own = block_range(values.size(), comm.size(), comm.rank());
  auto const count = own.last - own.first;
  for (int r = 0; r < comm.size(); ++r) {
    mine.push_back(static_cast<int>(count * sizeof(T)));
    mine_offsets.push_back(static_cast<int>(static_cast<std::size_t>(r) * count * sizeof(T)));
  }
  std::vector<T> parts(count * static_cast<std::size_t>(comm.size()));
  MPI_Request request;
  check(MPI_Ialltoallv(values.data(), sizes.data(), offsets.data(), MPI_BYTE, parts.data(), mine.data(), mine_offsets.data(), MPI_BYTE,
                       comm.get(), &request),
        "MPI_Ialltoallv");
  wait(request, "MPI_Ialltoallv");
  std::vector<T> sums(count, T{0});
  for (std::size_t first = 0; first < parts.size(); first += count)
    for (std::size_t i = 0; i < count; ++i) sums[i] += parts[first + i];
  check(MPI_Iallgatherv(sums.data(), static_cast<int>(count * sizeof(T)), MPI_BYTE, values.data(), sizes.data(), offsets.data(), MPI_BYTE,
                        comm.get(), &request),
        "MPI_Iallgatherv");
  wait(request, "MPI_Iallgatherv");
}

template <class T>
void sum_in_rank_order(Communicator const& comm, std::span<T> values) {
  if (comm.size() == 1) return;
  if (values.size() > few_values) {
    for (std::size_t first = 0; first < values.size(); first += segment_values)
      sum_by_blocks(comm, values.subspan(first, std::min(segment_values, values.size() - first)));
    return;
  }
  auto const all = allgather<T>(comm, std::span<T const>(values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T sum = 0;
    for (std::size_t r = 0; r < static_cast<std::size_t>(comm.size()); ++r) sum += all[r * values.size() + i];
    values[i] = sum;
  }
}

}  // namespace

void barrier(Communicator const& comm) {
  if (comm.is_alone()) return;
  MPI_Request request;
  check(MPI_Ibarrier(comm.get(), &request), "MPI_Ibarrier");
  wait(request, "MPI_Ibarrier");
}

void broadcast_bytes(Communicator const& comm, std::vector<std::byte>& bytes, int root) {
  std::uint64_t size = bytes.size();
  broadcast_raw(comm, &size, sizeof size, root);
  bytes.resize(size);
  broadcast_raw(comm, bytes.data(), size, root);
}

std::string broadcast(Communicator const& comm, std::string text, int root) {
  auto const chars = broadcast(comm, std::vector<char>(text.begin(), text.end()), root);
  return {chars.begin(), chars.end()};
}

std::vector<std::byte> allgather_bytes(Communicator const& comm, std::span<std::byte const> mine) {
  if (comm.is_alone()) return {mine.begin(), mine.end()};
  auto const sizes = allgather_sizes(comm, mine.size());
  std::uint64_t total = 0;
  for (auto size : sizes) total += size;
  std::vector<std::byte> result(total);
  if (total < largest_message) {
    std::vector<int> counts, offsets;
    int offset = 0;
    for (auto size : sizes) {
      counts.push_back(static_cast<int>(size));
      offsets.push_back(offset);
      offset += static_cast<int>(size);
    }
    MPI_Request request;
    check(MPI_Iallgatherv(mine.data(), static_cast<int>(mine.size()), MPI_BYTE, result.data(), counts.data(), offsets.data(), MPI_BYTE,
                          comm.get(), &request),
          "MPI_Iallgatherv");
    wait(request, "MPI_Iallgatherv");
    return result;
  }
  std::size_t offset = 0;
  for (int r = 0; r < comm.size(); ++r) {
    auto const size = sizes[static_cast<std::size_t>(r)];
    if (r == comm.rank() && size > 0) std::memcpy(result.data() + offset, mine.data(), size);
    broadcast_raw(comm, result.data() + offset, size, r);
    offset += size;
  }
  return result;
}

void allreduce_sum(Communicator const& comm, std::span<double> values) { sum_in_rank_order(comm, values); }
void allreduce_sum(Communicator const& comm, std::span<float> values) { sum_in_rank_order(comm, values); }
void allreduce_sum(Communicator const& comm, std::span<std::uint64_t> values) { sum_in_rank_order(comm, values); }

double allreduce_max(Communicator const& comm, double value) {
  auto const all = allgather<double>(comm, std::span<double const>(&value, 1));
  return *std::max_element(all.begin(), all.end());
}

void collectively(Communicator const& comm, std::function<void()> const& step) {
  int code = 0;
  std::string message;
  try {
    step();
  } catch (std::exception const& e) {
    auto const error = as_error(e);
    code = error.exit_status();
    message = error.what();
  }
  auto const codes = allgather<int>(comm, std::span<int const>(&code, 1));
  for (int r = 0; r < comm.size(); ++r)
    if (codes[static_cast<std::size_t>(r)] != 0)
      throw CollectiveError(static_cast<Errc>(codes[static_cast<std::size_t>(r)]), broadcast(comm, message, r));
}

BlockRange block_range(std::size_t n, int size, int rank) {
  auto const parts = static_cast<std::size_t>(size);
  auto const k = static_cast<std::size_t>(rank);
  return {k * (n / parts) + std::min(k, n % parts), (k + 1) * (n / parts) + std::min(k + 1, n % parts)};
}

}  // namespace apq::mpi
