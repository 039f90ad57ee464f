#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "app/command.hpp"
#include "app/print.hpp"
#include "common/core/error.hpp"
#include "launch/submission.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path config, site;
  std::vector<std::string> assignments, site_assignments;
  bool dry_run = false;
};

// The shell of a chain without a scheduler takes this process's place, so that it gets the terminal's signals.
[[noreturn]] void become(std::vector<std::string> command) {
  std::vector<char*> words;
  for (auto& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  throw Error(Errc::io, fmt::format("{}: cannot be started ({})", command.front(), std::strerror(errno)));
}

void launch_study(Options const& o) {
  if (o.config.empty()) throw Error(Errc::config, "no experiment given; use --config FILE, e.g. --config configs/quickstart.yaml");
  if (o.site.empty()) throw Error(Errc::config, "no site profile given; use --site FILE, e.g. --site slurm/sites/slurm.yaml");
  auto const profile = launch::load_site_profile(o.site, o.site_assignments, std::filesystem::read_symlink("/proc/self/exe").string());
  auto const study = launch::read_launched_study(o.config, o.assignments);
  if (o.dry_run) {
    print(launch::dry_run(profile, study));
  } else if (profile.scheduler == launch::Scheduler::ssh) {
    launch::write_scripts(profile, study);
    become(launch::submission(profile, study, launch::chain_of(profile, study).front(), {}));
  } else {
    print(launch::submit(profile, study, launch::execute));
  }
}

}  // namespace

Body add_launch(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--config", o->config, "Experiment file (YAML)");
  app.add_option("--set", o->assignments, "Override a key of the experiment (repeatable)")->allow_extra_args(false);
  app.add_option("--site", o->site, "Site profile (YAML): scheduler, partition, ranks of a node, time limit, ...");
  app.add_option("--site-set", o->site_assignments, "Override a key of the site profile, e.g. --site-set partition=long (repeatable)")
      ->allow_extra_args(false);
  app.add_flag("--dry-run", o->dry_run, "Print the scripts and the commands that submit them, then stop");
  app.footer(
      "Example:\n  apq launch --config configs/quickstart.yaml --site slurm/sites/slurm.yaml --site-set collect_jobs=16 --dry-run\n"
      "Slurm and PBS: submits an array of one-node jobs that collect, then one job that trains, searches and reports. Jobs that are "
      "stopped queue again. ssh: runs mpirun over the hosts, here. docs/operations.md says more.");
  return [o](mpi::Communicator const& world) {
    if (world.size() > 1) throw Error(Errc::config, "apq launch starts ranks itself; start it once, without mpirun or srun");
    launch_study(*o);
    return 0;
  };
}

}  // namespace apq::app
