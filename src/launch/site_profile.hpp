#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/core/config.hpp"

namespace apq::launch {

enum class Scheduler { slurm, pbs, ssh };
enum class Launcher { srun, mpirun };
enum class Memory { none, per_node, per_core };

inline constexpr EnumNames<Scheduler, 3> scheduler_names({{Scheduler::slurm, "slurm"}, {Scheduler::pbs, "pbs"}, {Scheduler::ssh, "ssh"}});
inline constexpr EnumNames<Launcher, 2> launcher_names({{Launcher::srun, "srun"}, {Launcher::mpirun, "mpirun"}});
inline constexpr EnumNames<Memory, 3> memory_names({{Memory::none, "none"},
                                                    {Memory::per_node, "per_node"},
                                                    {Memory::per_core, "per_core"}});

/// What sets one computing site apart from another. Texts that are empty are not asked for.
struct SiteProfile {
  Scheduler scheduler = Scheduler::slurm;
  std::string executable;  ///< apq as a job finds it
  std::vector<std::string> modules, commands;
  int ranks_per_node = 1;
  Launcher launcher = Launcher::mpirun;
  std::vector<std::string> launcher_options;
  int retries = 3;

  // Of schedulers alone.
  std::string partition, account, qos, constraint;
  std::vector<std::string> directives;
  Memory memory = Memory::none;
  int memory_gib = 0;
  int collect_jobs = 8, array_limit = 0, max_array_size = 1000;
  int nodes = 1;
  int time_limit = 720;                      ///< minutes
  std::string time_limit_at = "time_limit";  ///< where it was given, "file:line: time_limit"
  int stop_margin = 120;                     ///< s
  bool requeue = true;
  int resumes = 100, attempts = 5;

  std::filesystem::path hosts_file;  ///< of ssh alone
};

/// Every key of a site profile.
/// @param executable  what `executable` is where the profile does not say.
/// @throws Error(config) with file:line, also for keys that its scheduler has no use for.
SiteProfile read_site_profile(Config& config, std::string const& executable);

/// @param assignments  KEY=VALUE each, which replace what the file says.
SiteProfile load_site_profile(std::filesystem::path const& file, std::vector<std::string> const& assignments,
                              std::string const& executable);

}  // namespace apq::launch
