#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "common/core/host_name.hpp"
#include "common/energy/journal.hpp"

namespace apq::energy {
namespace {

// The first of these variables that is set.
std::string first_of(std::initializer_list<char const*> names) {
  for (auto const* name : names)
    if (char const* const value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

std::string command_line() {
  std::ifstream in("/proc/self/cmdline");
  std::string text(std::istreambuf_iterator<char>(in), {});
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::string processor_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) {
      auto const at = line.find(':');
      return at == std::string::npos || at + 2 > line.size() ? std::string() : line.substr(at + 2);
    }
  return {};
}

}  // namespace

JournalHeader header_of_this_process() {
  JournalHeader h;
  h.host = host_name();
  h.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  if (auto const id = first_of({"SLURM_JOB_ID"}); !id.empty()) h.scheduler_id = "slurm " + id;
  else if (auto const pbs = first_of({"PBS_JOBID"}); !pbs.empty()) h.scheduler_id = "pbs " + pbs;
  if (!h.scheduler_id.empty()) {
    h.account = first_of({"SLURM_JOB_ACCOUNT", "PBS_ACCOUNT"});
    h.partition = first_of({"SLURM_JOB_PARTITION", "PBS_QUEUE"});
  }
  h.user = first_of({"SLURM_JOB_USER", "PBS_O_LOGNAME", "LOGNAME", "USER"});
  h.command = command_line();
  h.processor_model = processor_model();
  return h;
}

}  // namespace apq::energy
