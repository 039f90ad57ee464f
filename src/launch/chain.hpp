#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/time_left.hpp"
#include "launch/site_profile.hpp"

namespace apq::launch {

/// The study that jobs work on, as far as they need to know it.
struct LaunchedStudy {
  std::string name;
  std::filesystem::path directory;          ///< of the study, absolute
  std::filesystem::path working_directory;  ///< that paths of the configuration are relative to, absolute
  std::vector<std::string> arguments;       ///< of `apq run`: --config and --set
  bool trains_supernet = false;
  double stop_margin = usual_stop_margin;  ///< s, study.stop_margin_seconds

  std::filesystem::path launch_directory() const { return directory / "launch"; }  ///< scripts and logs
};

/// The study of a configuration; looks at no key but those that it takes, `apq run --check` looks at all.
/// @throws Error(io | config).
LaunchedStudy read_launched_study(std::filesystem::path const& config, std::vector<std::string> const& assignments);

/// One job, or an array of equal ones, that runs `apq run`.
struct Job {
  std::string name;   ///< of its script and logs: "collect"
  std::string until;  ///< last stage; empty: all
  int nodes = 1;
  int array_size = 0;                        ///< 0: no array
  std::vector<std::size_t> after;            ///< begins when these are done; of attempts at one thing (Slurm), when one is
  std::vector<std::size_t> attempts_before;  ///< at the same; begins when all of them ended undone (Slurm), or the last one anyhow
};

/// The jobs that take a study to its report, in the order of their submission: supernet where the study trains its own, arrays of
/// one-node jobs that collect, and one over `nodes` for the rest. Where jobs may not queue again, each stands `attempts` times.
/// Of hosts without a scheduler: one.
/// @throws Error(config) where jobs are so short that they would stop before they have begun.
std::vector<Job> chain_of(SiteProfile const& profile, LaunchedStudy const& study);

}  // namespace apq::launch
