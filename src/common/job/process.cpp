#include "common/job/process.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/host_name.hpp"

namespace apq::job {
namespace {

struct Stat {
  char state = '?';
  std::uint64_t start = 0;
};

// proc(5); absent: no such process, or no /proc.
std::optional<Stat> stat_of(std::string const& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  auto const end_of_name = line.rfind(')');  // the name may hold blanks and brackets
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(end_of_name + 1));
  Stat stat;
  fields >> stat.state;
  std::string field;
  for (int i = 0; i < 18; ++i) fields >> field;
  fields >> stat.start;
  if (!fields) return std::nullopt;
  return stat;
}

std::string own_table() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::error_code ec;
  auto const space = std::filesystem::read_symlink("/proc/self/ns/pid", ec);
  if (!std::getline(file, boot) || ec) return {};
  return fmt::format("{} {}", boot, space.string());
}

}  // namespace

Process this_process() {
  auto const stat = stat_of("self");
  return {.host = host_name(), .table = stat ? own_table() : std::string(), .pid = ::getpid(), .start = stat ? stat->start : 0};
}

bool has_ended(Process const& process) {
  if (process.table.empty() || process.table != own_table()) return false;
  auto const stat = stat_of(std::to_string(process.pid));
  return !stat || stat->start != process.start || stat->state == 'Z' || stat->state == 'X';
}

}  // namespace apq::job
