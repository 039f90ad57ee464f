#include <fmt/format.h>

#include "launch/attempts.hpp"
#include "launch/script.hpp"

namespace apq::launch {
namespace {

std::string directives(SiteProfile const& p, LaunchedStudy const& study, Job const& job) {
  std::string text;
  auto const add = [&](std::string const& option) { text += fmt::format("#PBS {}\n", option); };
  add(fmt::format("-N apq_{}", job.name));
  auto chunk = fmt::format("select={}:ncpus={}:mpiprocs={}", job.nodes, p.ranks_per_node, p.ranks_per_node);
  if (p.memory != Memory::none) chunk += fmt::format(":mem={}gb", p.memory_gib * (p.memory == Memory::per_core ? p.ranks_per_node : 1));
  if (!p.constraint.empty()) chunk += ":" + p.constraint;
  add("-l " + chunk);
  add("-l walltime=" + clock_text(p.time_limit));
  if (!p.partition.empty()) add("-q " + p.partition);
  if (!p.account.empty()) add("-A " + p.account);
  if (job.array_size > 0) add(fmt::format("-J 0-{}{}", job.array_size - 1, p.array_limit > 0 ? fmt::format("%{}", p.array_limit) : ""));
  add("-r y");
  add("-j oe");
  add(fmt::format("-o {}", shell_word(study.launch_directory().string() + "/")));
  for (auto const& directive : p.directives) add(directive);
  return text;
}

}  // namespace

std::string pbs_script(SiteProfile const& p, LaunchedStudy const& study, Job const& job) {
  auto text = std::string(p.modules.empty() ? "#!/bin/bash\n" : "#!/bin/bash -l\n") + directives(p, study, job);
  text += unless_ended(study, job) + preparation(p, study, job);
  text += program(p, study, job, fmt::format(" --time-left $(({} - SECONDS))", p.time_limit * 60 - p.stop_margin));
  text += "\nstatus=$?\n" + final_statuses(job, leave_ended_mark(study, job));
  return text + "exit \"$status\"  # the next attempt goes on\n";
}

}  // namespace apq::launch
