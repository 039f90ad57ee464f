#include "launch/submission.hpp"

#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "launch/attempts.hpp"
#include "launch/script.hpp"

namespace apq::launch {
namespace fs = std::filesystem;
namespace {

fs::path script_file(LaunchedStudy const& study, Job const& job) { return study.launch_directory() / (job.name + ".sh"); }

// Slurm's ? means "any of these".
std::string dependency(SiteProfile const& profile, Job const& job, std::vector<std::string> const& ids) {
  bool const is_slurm = profile.scheduler == Scheduler::slurm;
  std::string text;
  if (!job.attempts_before.empty()) {
    if (!is_slurm) return "afterany:" + ids.at(job.attempts_before.back());
    // Of all: one that was cancelled because the one before it ended well counts as undone, too.
    for (auto const i : job.attempts_before) text += ":" + ids.at(i);
    return "afternotok" + text;
  }
  for (auto const i : job.after)
    text += text.empty() ? "afterok:" + ids.at(i) : (is_slurm && !profile.requeue ? "?afterok:" : ":") + ids.at(i);
  return text;
}

std::string line(std::vector<std::string> const& command) {
  std::string text;
  for (auto const& word : command) text += (text.empty() ? "" : " ") + shell_word(word);
  return text;
}

// "12;cluster" of sbatch, with a line end.
std::string id_of(std::string const& output) { return output.substr(0, output.find_first_of(";\n")); }

std::string described(Job const& job) {
  auto text = job.until.empty() ? std::string("everything to the report") : "up to " + job.until;
  if (job.array_size > 0) return text + fmt::format(", {} jobs of one node", job.array_size);
  return text + (job.nodes == 1 ? ", one node" : fmt::format(", {} nodes", job.nodes));
}

}  // namespace

std::vector<std::string> submission(SiteProfile const& profile, LaunchedStudy const& study, Job const& job,
                                    std::vector<std::string> const& ids) {
  auto const script = script_file(study, job).string();
  if (profile.scheduler == Scheduler::ssh) return {"bash", script};
  auto const after = dependency(profile, job, ids);
  if (profile.scheduler == Scheduler::pbs) {
    if (after.empty()) return {"qsub", script};
    return {"qsub", "-W", "depend=" + after, script};
  }
  std::vector<std::string> command{"sbatch", "--parsable", "--kill-on-invalid-dep=yes"};
  if (!after.empty()) command.push_back("--dependency=" + after);
  command.push_back(script);
  return command;
}

std::string dry_run(SiteProfile const& profile, LaunchedStudy const& study) {
  std::string text;
  std::vector<std::string> ids;
  std::set<fs::path> shown;
  for (auto const& job : chain_of(profile, study)) {
    if (auto const file = script_file(study, job); shown.insert(file).second)
      text += fmt::format("# {}: {}\n{}\n", file.string(), described(job), script(profile, study, job));
  }
  for (auto const& job : chain_of(profile, study)) {
    text += line(submission(profile, study, job, ids)) + "\n";
    ids.push_back(fmt::format("ID{}", ids.size() + 1));
  }
  return text;
}

void write_scripts(SiteProfile const& profile, LaunchedStudy const& study) {
  make_directory(study.launch_directory());
  for (auto const& job : chain_of(profile, study)) {
    fs::remove(ended_mark(study, job));
    replace_file(script_file(study, job), script(profile, study, job));
  }
}

std::string execute(std::vector<std::string> const& command) {
  auto* const pipe = ::popen(line(command).c_str(), "r");
  if (pipe == nullptr) throw Error(Errc::io, fmt::format("{}: cannot be started", line(command)));
  std::string output;
  char buffer[256];
  while (auto const count = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, count);
  int const status = ::pclose(pipe);
  if (status != 0)
    throw Error(Errc::io, fmt::format("{}: ended with status {}; its own message says why", line(command),
                                      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
  return output;
}

std::string submit(SiteProfile const& profile, LaunchedStudy const& study, Execute const& execute) {
  write_scripts(profile, study);
  std::string text;
  std::vector<std::string> ids;
  for (auto const& job : chain_of(profile, study)) {
    std::string id;
    try {
      id = id_of(execute(submission(profile, study, job, ids)));
      if (id.empty()) throw Error(Errc::io, "the scheduler gave no job number");
    } catch (Error const& e) {
      if (ids.empty()) throw;
      throw Error(e.code(), fmt::format("{}; submitted before it, cancel or keep them: {}", e.what(), fmt::join(ids, " ")));
    }
    text += fmt::format("{} {}: {}{}\n", id, job.name, described(job),
                        job.attempts_before.empty() ? "" : fmt::format("; goes on where {} ends undone", ids[job.attempts_before.back()]));
    ids.push_back(id);
  }
  return text + fmt::format("scripts and logs: {}\nto stop all: {} {}\n", study.launch_directory().string(),
                            profile.scheduler == Scheduler::pbs ? "qdel" : "scancel", fmt::join(ids, " "));
}

}  // namespace apq::launch
