#include "common/mpi/node_memory.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include <sys/statvfs.h>

namespace apq::mpi {
namespace {
constexpr auto unknown = std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t mem_available(std::string_view meminfo) {
  constexpr std::string_view key = "MemAvailable:";
  auto at = meminfo.find(key);
  if (at == std::string_view::npos) return unknown;
  at = meminfo.find_first_not_of(" \t", at + key.size());
  std::uint64_t kib = 0;
  if (at == std::string_view::npos || std::from_chars(meminfo.data() + at, meminfo.data() + meminfo.size(), kib).ec != std::errc())
    return unknown;
  return kib * 1024;
}

NodeMemory node_memory() {
  std::ifstream file("/proc/meminfo");
  std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  struct statvfs fs {};
  bool const known = ::statvfs("/dev/shm", &fs) == 0;
  return {mem_available(text), known ? static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize : unknown};
}

}  // namespace apq::mpi
