#include "common/mpi/block_share.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "common/mpi/wait.hpp"

namespace apq::mpi {

void share_parts_bytes(Communicator const& comm, std::span<std::byte> bytes, std::span<std::uint64_t const> counts) {
  auto const n = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (n == 0 || comm.size() == 1) return;
  auto const item = bytes.size() / n;
  constexpr std::size_t largest_message = std::size_t{1} << 30;  // sizes and offsets are int in MPI 3
  if (bytes.size() < largest_message) {
    std::vector<int> sizes, offsets;
    std::uint64_t first = 0;
    for (auto const count : counts) {
      sizes.push_back(static_cast<int>(count * item));
      offsets.push_back(static_cast<int>(first * item));
      first += count;
    }
    MPI_Request request;
    check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, bytes.data(), sizes.data(), offsets.data(), MPI_BYTE, comm.get(), &request),
          "MPI_Iallgatherv");
    wait(request, "MPI_Iallgatherv");
    return;
  }
  std::uint64_t first = 0;
  for (int r = 0; r < comm.size(); ++r) {
    auto const size = counts[static_cast<std::size_t>(r)] * item;
    for (std::size_t done = 0; done < size; done += largest_message) {
      MPI_Request request;
      check(MPI_Ibcast(bytes.data() + first * item + done, static_cast<int>(std::min(largest_message, size - done)), MPI_BYTE, r,
                       comm.get(), &request),
            "MPI_Ibcast");
      wait(request, "MPI_Ibcast");
    }
    first += counts[static_cast<std::size_t>(r)];
  }
}

void share_blocks_bytes(Communicator const& comm, std::span<std::byte> bytes, std::size_t n) {
  std::vector<std::uint64_t> counts;
  for (int r = 0; r < comm.size(); ++r) {
    auto const range = block_range(n, comm.size(), r);
    counts.push_back(range.last - range.first);
  }
  share_parts_bytes(comm, bytes, counts);
}

}  // namespace apq::mpi
