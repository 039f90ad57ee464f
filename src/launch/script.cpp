#include "launch/script.hpp"

#include <fmt/format.h>

#include "launch/openmpi_settings.hpp"

namespace apq::launch {

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string word = "'";
  for (char const c : text)
    if (c == '\'') word += "'\\''";
    else word += c;
  return word + "'";
}

std::string clock_text(int minutes) { return fmt::format("{:02}:{:02}:00", minutes / 60, minutes % 60); }

std::string preparation(SiteProfile const& profile, LaunchedStudy const& study, Job const& job) {
  std::string text;
  for (auto const& name : profile.modules) text += fmt::format("module load {} || exit 1\n", shell_word(name));
  for (auto const& line : profile.commands) text += line + "\n";
  text += "export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1\n";
  for (auto const& setting : openmpi_settings()) text += fmt::format("export {}\n", shell_word(setting));
  return text + fmt::format("cd {} || exit 1\nfinished={}/{}-$HOSTNAME-$$.finished\n", shell_word(study.working_directory.string()),
                            shell_word(study.launch_directory().string()), job.name);
}

std::string program(SiteProfile const& profile, LaunchedStudy const& study, Job const& job, std::string_view options) {
  std::string text(launcher_names(profile.launcher));
  if (profile.launcher == Launcher::srun) {
    text += " --kill-on-bad-exit=1";
  } else {
    if (profile.scheduler == Scheduler::ssh) text += " --hostfile " + shell_word(profile.hosts_file.string());
    if (profile.scheduler != Scheduler::slurm) text += fmt::format(" --map-by ppr:{}:node", profile.ranks_per_node);
  }
  for (auto const& option : profile.launcher_options) text += " " + option;
  if (profile.launcher == Launcher::srun) text += R"( bash -c '[[ $SLURM_PROCID -ne 0 ]] || touch "$0" || exit 4; exec "$@"' "$started")";
  text += fmt::format(" {} run", shell_word(profile.executable));
  for (auto const& argument : study.arguments) text += " " + shell_word(argument);
  if (!job.until.empty()) text += " --until " + job.until;
  return text + " --finished \"$finished\"" + std::string(options);
}

std::string run_and_wait(std::string_view program, std::string_view traps) {
  return fmt::format(
      "{} &\nstep=$!\n{}\n"
      "while kill -0 \"$step\" 2>/dev/null; do wait \"$step\"; done  # a signal ends a wait early\n"
      "wait \"$step\"; status=$?\n",
      program, traps);
}

std::string final_statuses(Job const& job, std::string_view on_failure) {
  // Open MPI 5.0's mpirun ends with status 0 where it lost a host. Reading the directory sees over NFS what a rank elsewhere left there.
  return fmt::format(
      "if [[ $status -eq 0 ]] && ! ls \"${{finished%/*}}\" | grep -qxF \"${{finished##*/}}\"; then\n"
      "  echo \"apq launch: {1}: the ranks did not end their work, although their launcher ended with status 0\" >&2\n"
      "  status=1\n"
      "fi\n"
      "rm -f \"$finished\"\n"
      "case $status in\n"
      "  0) exit 0 ;;\n"
      "  2|3|6|70)  # configuration, data, numbers, a bug\n{0}"
      "    echo \"apq launch: {1}: ended with status $status, which running again does not mend; the error above says why\" >&2\n"
      "    exit \"$status\" ;;\n"
      "esac\n",
      on_failure, job.name);
}

std::string script(SiteProfile const& profile, LaunchedStudy const& study, Job const& job) {
  switch (profile.scheduler) {
    case Scheduler::slurm:
      return slurm_script(profile, study, job);
    case Scheduler::pbs:
      return pbs_script(profile, study, job);
    case Scheduler::ssh:
      break;
  }
  return hosts_script(profile, study, job);
}

}  // namespace apq::launch
