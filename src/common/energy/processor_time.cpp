#include "common/energy/processor_time.hpp"

#include <array>
#include <cctype>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace apq::energy {
namespace {

double seconds_of(timespec const& t) { return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec); }

}  // namespace

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return seconds_of(now);
}

std::optional<double> processor_seconds(int process) {
  clockid_t clock{};
  timespec now{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &now) != 0) return std::nullopt;
  return seconds_of(now);
}

std::uint64_t process_table() {
  struct stat s {};
  return ::stat("/proc/self/ns/pid", &s) == 0 ? static_cast<std::uint64_t>(s.st_ino) : 0;
}

std::optional<NodeTime> node_time(std::filesystem::path const& stat) {
  // "cpu  user nice system idle iowait irq softirq steal guest guest_nice", then a line a processor; guests count as user already.
  std::ifstream in(stat);
  std::string line;
  NodeTime time;
  if (!std::getline(in, line) || !line.starts_with("cpu ")) return std::nullopt;
  std::istringstream cells(line.substr(4));
  std::array<std::uint64_t, 8> ticks{};
  for (auto& t : ticks)
    if (!(cells >> t)) return std::nullopt;
  auto const per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  time.busy_s = static_cast<double>(ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / per_second;
  while (std::getline(in, line) && line.starts_with("cpu") && line.size() > 3 && std::isdigit(static_cast<unsigned char>(line[3])))
    ++time.processors;
  if (time.processors == 0) return std::nullopt;
  return time;
}

}  // namespace apq::energy
