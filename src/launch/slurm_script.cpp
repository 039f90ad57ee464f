#include <fmt/format.h>

#include "launch/attempts.hpp"
#include "launch/script.hpp"

namespace apq::launch {
namespace {

std::string directives(SiteProfile const& p, LaunchedStudy const& study, Job const& job) {
  std::string text;
  auto const add = [&](std::string const& option) { text += fmt::format("#SBATCH {}\n", option); };
  auto const add_if = [&](char const* option, std::string const& value) {
    if (!value.empty()) add(fmt::format("--{}={}", option, value));
  };
  add(fmt::format("--job-name={}", shell_word(fmt::format("apq-{}-{}", study.name, job.name))));
  add(fmt::format("--nodes={}", job.nodes));
  add(fmt::format("--ntasks-per-node={}", p.ranks_per_node));
  add(fmt::format("--time={}", clock_text(p.time_limit)));
  add_if("partition", p.partition);
  add_if("account", p.account);
  add_if("qos", p.qos);
  add_if("constraint", p.constraint);
  if (p.memory == Memory::per_node) add(fmt::format("--mem={}G", p.memory_gib));
  if (p.memory == Memory::per_core) add(fmt::format("--mem-per-cpu={}G", p.memory_gib));
  if (job.array_size > 0)
    add(fmt::format("--array=0-{}{}", job.array_size - 1, p.array_limit > 0 ? fmt::format("%{}", p.array_limit) : ""));
  if (p.stop_margin > 0) add(fmt::format("--signal=B:USR1@{}", p.stop_margin));
  add(p.requeue ? "--requeue" : "--no-requeue");
  add("--open-mode=append");
  auto const log = fmt::format("{}-{}.log", job.name, job.array_size > 0 ? "%A_%a" : "%j");
  add(fmt::format("--output={}", shell_word((study.launch_directory() / log).string())));
  for (auto const& directive : p.directives) add(directive);
  return text;
}

// Slurm signals this script alone; srun and mpirun hand the signal on to the ranks. From then on the script outlives the time limit by as
// long as the site lets it, to queue again.
constexpr char const* traps = R"(trap 'kill -USR1 "$step"; trap "" TERM' USR1)";

// srun may end with 0 where it could not start ranks, e.g. where the same step of this job was on the same node when that died. Another
// start is another step.
std::string run_until_started(std::string const& run) {
  return "for _ in 1 2 3; do\nrm -f \"$started\"\n" + run + "[[ ! -e $started ]] || break\n[[ $status -ne 0 ]] || status=1\ndone\n";
}

// An array's last task has the array's own number, which would stand for all of it.
constexpr char const* name_task = R"(task=$SLURM_JOB_ID
[[ -z ${{SLURM_ARRAY_JOB_ID:-}} ]] || task=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID
started={directory}/{name}-$task.started
)";

constexpr char const* requeue = R"(give_up() {{ echo "apq launch: {name}: $1; launch again to go on" >&2; exit "$status"; }}
[[ ${{SLURM_RESTART_COUNT:-0}} -lt {resumes} ]] || give_up "started again {resumes} times, as often as resumes of the site profile allows"
if [[ $status -ne 75 ]]; then  # not stopped: a rank died, a disk was full, the start failed
  failures={directory}/{name}-$task.failures
  echo "$(date) $(hostname): status $status" >>"$failures"
  [[ $(wc -l <"$failures") -le {retries} ]] || give_up "failed more than {retries} times, as often as retries of the site profile allows"
fi
echo "apq launch: {name}: ended with status $status and queues again" >&2
for _ in {{1..20}}; do scontrol requeue "$task" && exit "$status"; sleep 15; done  # its controller may be away
give_up "cannot be queued again"
)";

}  // namespace

std::string slurm_script(SiteProfile const& p, LaunchedStudy const& study, Job const& job) {
  auto text = std::string(p.modules.empty() ? "#!/bin/bash\n" : "#!/bin/bash -l\n") + directives(p, study, job);
  if (!p.requeue) text += unless_ended(study, job);
  text += preparation(p, study, job);
  auto const directory = shell_word(study.launch_directory().string());
  auto const run = run_and_wait(program(p, study, job), traps);
  if (p.launcher == Launcher::srun || p.requeue)
    text += fmt::format(name_task, fmt::arg("name", job.name), fmt::arg("directory", directory));
  text += p.launcher == Launcher::srun ? run_until_started(run) : run;
  text += final_statuses(job, p.requeue ? "" : leave_ended_mark(study, job));
  if (!p.requeue) return text + "exit \"$status\"  # the next attempt goes on\n";
  return text + fmt::format(requeue, fmt::arg("name", job.name), fmt::arg("resumes", p.resumes), fmt::arg("retries", p.retries),
                            fmt::arg("directory", directory));
}

}  // namespace apq::launch
