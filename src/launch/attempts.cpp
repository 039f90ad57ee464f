#include "launch/attempts.hpp"

#include <fmt/format.h>

#include "launch/script.hpp"

namespace apq::launch {

std::filesystem::path ended_mark(LaunchedStudy const& study, Job const& job) { return study.launch_directory() / (job.name + ".ended"); }

std::string unless_ended(LaunchedStudy const& study, Job const& job) {
  return fmt::format("! compgen -G {}/'*.ended' >&2 || {{ echo \"apq launch: {}: that ended for good; see its log\" >&2; exit 1; }}\n",
                     shell_word(study.launch_directory().string()), job.name);
}

std::string leave_ended_mark(LaunchedStudy const& study, Job const& job) {
  return fmt::format("    touch {}\n", shell_word(ended_mark(study, job).string()));
}

}  // namespace apq::launch
