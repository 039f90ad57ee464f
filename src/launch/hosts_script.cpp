#include <fmt/format.h>

#include "launch/script.hpp"

namespace apq::launch {
namespace {

// First the ranks are asked to stop, then mpirun is told to end.
constexpr char const* traps = R"(trap 'kill -USR1 "$step"; trap "kill -TERM $step" INT TERM HUP' INT TERM HUP USR1)";

// A terminal's Ctrl-C goes to this script alone: mpirun, which would kill the ranks, is told what to do by it.
constexpr char const* own_session = "setsid ";

constexpr char const* again = R"([[ $status -ne 75 ]] || {{ echo "apq launch: {name}: was stopped; launch again to go on" >&2; exit 75; }}
failures=${{APQ_LAUNCH_FAILURES:-0}}
[[ $failures -lt {retries} ]] || {{ echo "apq launch: {name}: failed more than {retries} times, as often as retries of the site profile allows; launch again to go on" >&2; exit "$status"; }}
echo "apq launch: {name}: ended with status $status and starts again" >&2
APQ_LAUNCH_FAILURES=$((failures + 1)) exec bash "$0"
)";

}  // namespace

std::string hosts_script(SiteProfile const& p, LaunchedStudy const& study, Job const& job) {
  return "#!/bin/bash\n" + preparation(p, study, job) + run_and_wait(own_session + program(p, study, job), traps) + final_statuses(job) +
         fmt::format(again, fmt::arg("name", job.name), fmt::arg("retries", p.retries));
}

}  // namespace apq::launch
