#include "common/core/process_state.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace apq {
namespace {

struct Stat {
  char state = 0;
  std::uint64_t started = 0;
};

std::optional<Stat> stat_of(std::int64_t number) {
  std::ifstream file(fmt::format("/proc/{}/stat", number));
  std::string line;
  std::getline(file, line);
  // The name, in brackets, may hold blanks and brackets; after it the state, and 19 fields later the start (proc(5)).
  auto const end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(end_of_name + 1));
  Stat stat;
  fields >> stat.state;
  std::string skipped;
  for (int i = 0; i < 18; ++i) fields >> skipped;
  fields >> stat.started;
  return fields ? std::optional(stat) : std::nullopt;
}

}  // namespace

ProcessId this_process() {
  auto const number = static_cast<std::int64_t>(::getpid());
  auto const stat = stat_of(number);
  return {number, stat ? stat->started : 0};
}

ProcessState state_of(ProcessId const& process) {
  auto const stat = stat_of(process.number);
  if (!stat)  // there may be no file descriptor left to read it with
    return ::kill(static_cast<pid_t>(process.number), 0) != 0 && errno == ESRCH ? ProcessState::is_gone : ProcessState::runs;
  if (stat->started != process.started || stat->state == 'Z' || stat->state == 'X') return ProcessState::is_gone;
  return stat->state == 'T' ? ProcessState::is_stopped : ProcessState::runs;
}

}  // namespace apq
