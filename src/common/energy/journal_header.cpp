#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <pwd.h>
#include <unistd.h>

#include "common/core/host_name.hpp"
#include "common/core/processor_model.hpp"
#include "common/core/utc_time.hpp"
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

}  // namespace

JournalHeader header_of_this_process() {
  JournalHeader h;
  h.host = host_name();
  h.started = utc_now();
  if (auto const id = first_of({"SLURM_JOB_ID"}); !id.empty()) h.scheduler_id = "slurm " + id;
  else if (auto const pbs = first_of({"PBS_JOBID"}); !pbs.empty()) h.scheduler_id = "pbs " + pbs;
  if (!h.scheduler_id.empty()) {
    h.account = first_of({"SLURM_JOB_ACCOUNT", "PBS_ACCOUNT"});
    h.partition = first_of({"SLURM_JOB_PARTITION", "PBS_QUEUE"});
  }
  h.user = first_of({"SLURM_JOB_USER", "PBS_O_LOGNAME", "LOGNAME", "USER"});
  if (auto const* const entry = h.user.empty() ? ::getpwuid(::geteuid()) : nullptr) h.user = entry->pw_name;
  h.command = command_line();
  h.processor_model = processor_model();
  return h;
}

}  // namespace apq::energy
