#include "launch/chain.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::launch {
namespace fs = std::filesystem;

LaunchedStudy read_launched_study(fs::path const& file, std::vector<std::string> const& assignments) {
  auto config = Config::load(file);
  for (auto const& assignment : assignments) config.set(assignment);
  LaunchedStudy study;
  auto const section = config.section("study");
  study.name = section.peek<std::string>("name").value_or(file.stem().string());
  study.directory = fs::absolute(section.peek<std::string>("dir").value_or("runs/" + study.name)).lexically_normal();
  study.working_directory = fs::current_path();
  study.arguments = {"--config", file.string()};
  for (auto const& assignment : assignments) study.arguments.insert(study.arguments.end(), {"--set", assignment});
  study.trains_supernet = config.section("supernet").peek<std::string>("weights").value_or("").empty();
  study.stop_margin = section.peek<double>("stop_margin_seconds").value_or(study.stop_margin);
  return study;
}

namespace {

// A job that is stopped as soon as it starts queues again for ever, having done nothing.
void require_time_to_work(SiteProfile const& profile, LaunchedStudy const& study) {
  // PBS jobs are told of an end that is earlier by the site's margin; with Slurm whatever stops a job first counts.
  double const margin = profile.scheduler == Scheduler::pbs ? profile.stop_margin + study.stop_margin
                                                            : std::max(static_cast<double>(profile.stop_margin), study.stop_margin);
  if (60 * profile.time_limit > margin) return;
  throw Error(
      Errc::config,
      fmt::format("{} = {} min: jobs stop {:g} s before it (stop_margin = {} s of the site profile, "
                  "study.stop_margin_seconds = {:g}) and so would never work; give at least {:g}, or less of a margin",
                  profile.time_limit_at, profile.time_limit, margin, profile.stop_margin, study.stop_margin, std::floor(margin / 60) + 1));
}

}  // namespace

std::vector<Job> chain_of(SiteProfile const& profile, LaunchedStudy const& study) {
  if (profile.scheduler == Scheduler::ssh) return {{.name = "run", .until = {}}};
  require_time_to_work(profile, study);
  std::vector<Job> jobs;
  std::vector<std::size_t> before;  // what the next jobs wait for
  // Adds a job, with its later attempts; returns what waits for it must wait for.
  auto const add = [&](Job job) {
    job.after = before;
    std::vector<std::size_t> added;
    for (int attempt = 0; attempt < (profile.requeue ? 1 : profile.attempts); ++attempt) {
      if (attempt > 0) {
        job.after.clear();
        job.attempts_before = added;
      }
      added.push_back(jobs.size());
      jobs.push_back(job);
    }
    // PBS knows no "any of these": there all attempts start, the later ones find nothing to do.
    return profile.scheduler == Scheduler::pbs ? std::vector{added.back()} : added;
  };
  if (study.trains_supernet) before = add({.name = "supernet", .until = "supernet", .nodes = profile.nodes});
  int const arrays = (profile.collect_jobs + profile.max_array_size - 1) / profile.max_array_size;
  std::vector<std::size_t> collections;
  for (int i = 0; i < arrays; ++i) {
    int const size = std::min(profile.max_array_size, profile.collect_jobs - i * profile.max_array_size);
    auto const added = add({.name = arrays == 1 ? "collect" : fmt::format("collect_{}", i + 1),
                            .until = "collect.quant",
                            .nodes = 1,
                            .array_size = size > 1 ? size : 0});
    collections.insert(collections.end(), added.begin(), added.end());
  }
  before = collections;
  add({.name = "results", .until = {}, .nodes = profile.nodes});
  return jobs;
}

}  // namespace apq::launch
