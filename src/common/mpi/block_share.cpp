#include "common/mpi/block_share.hpp"

#include <algorithm>
#include <vector>

#include "common/mpi/wait.hpp"

namespace apq::mpi {

void share_blocks_bytes(Communicator const& comm, std::span<std::byte> bytes, std::size_t n) {
  if (n == 0) return;
  auto const item = bytes.size() / n;
  constexpr std::size_t largest_message = std::size_t{1} << 30;  // counts and offsets are int in MPI 3
  if (bytes.size() < largest_message) {
    std::vector<int> counts, offsets;
    for (int r = 0; r < comm.size(); ++r) {
      auto const range = block_range(n, comm.size(), r);
      counts.push_back(static_cast<int>((range.last - range.first) * item));
      offsets.push_back(static_cast<int>(range.first * item));
    }
    MPI_Request request;
    check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, bytes.data(), counts.data(), offsets.data(), MPI_BYTE, comm.get(), &request),
          "MPI_Iallgatherv");
    wait(request, "MPI_Iallgatherv");
    return;
  }
  for (int r = 0; r < comm.size(); ++r) {
    auto const range = block_range(n, comm.size(), r);
    auto const size = (range.last - range.first) * item;
    for (std::size_t done = 0; done < size; done += largest_message) {
      MPI_Request request;
      check(MPI_Ibcast(bytes.data() + range.first * item + done, static_cast<int>(std::min(largest_message, size - done)), MPI_BYTE, r,
                       comm.get(), &request), "MPI_Ibcast");
      wait(request, "MPI_Ibcast");
    }
  }
}

}  // namespace apq::mpi
