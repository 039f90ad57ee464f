#include "common/mpi/node_memory.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <sys/statvfs.h>

#include "common/core/memory_limit.hpp"

namespace apq::mpi {
namespace {

constexpr auto unknown = std::numeric_limits<std::uint64_t>::max();

std::uint64_t bytes_of(std::optional<double> value) { return value ? static_cast<std::uint64_t>(*value) : unknown; }

}  // namespace

NodeMemory node_memory() {
  struct statvfs fs {};
  bool const known = ::statvfs("/dev/shm", &fs) == 0;
  return {std::min(bytes_of(memory_available()), bytes_of(memory_left_in_cgroup())),
          known ? static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize : unknown};
}

}  // namespace apq::mpi
