#include "launch/site_profile.hpp"

#include <fmt/format.h>

namespace apq::launch {
namespace {

void read_job_keys(Config& config, SiteProfile& p) {
  bool const is_slurm = p.scheduler == Scheduler::slurm;
  p.partition = config.get_or<std::string>("partition", "", {"Partition (Slurm) or queue (PBS) of the jobs"});
  p.account = config.get_or<std::string>("account", "", {"Account that pays"});
  if (is_slurm) p.qos = config.get_or<std::string>("qos", "", {"Quality of service"});
  p.constraint = config.get_or<std::string>("constraint", "", {"Features of a node: `--constraint` of Slurm, more of the chunk of PBS"});
  p.directives = config.list_or<std::string>("directives", {}, {"Further options of a job, verbatim, one directive each"});
  p.memory = config.choice_or("memory", p.memory, memory_names, {"How the site wants memory to be asked for"});
  if (p.memory != Memory::none)
    p.memory_gib = config.get<int>("memory_gib", {1, 100'000}, {"Memory of a node or of a core; read where `memory` is not none", "GiB"});
  p.collect_jobs = config.get_or<int>("collect_jobs", p.collect_jobs, {1, 100'000}, {"Jobs of one node each that label", "jobs"});
  p.array_limit = config.get_or<int>("array_limit", 0, {0, 100'000}, {"So many of them run at once", "jobs", "0: all"});
  p.max_array_size = config.get_or<int>("max_array_size", p.max_array_size, {1, 1'000'000},
                                        {"Most jobs of one array (Slurm: MaxArraySize - 1); more are cut into several arrays", "jobs"});
  p.nodes = config.get_or<int>("nodes", 1, {1, 100'000}, {"Nodes of the job that trains and searches", "nodes"});
  p.time_limit = config.get_or<int>("time_limit", p.time_limit, {1, 1'000'000}, {"Time limit of a job", "minutes"});
  p.time_limit_at = config.where("time_limit");
  p.stop_margin =
      config.get_or<int>("stop_margin", p.stop_margin, {0, 3600},
                         {"A job is told so long before its time limit to stop: by a signal (Slurm; 0: none), or at its start (PBS)", "s"});
  if (is_slurm)
    p.requeue = config.get_or<bool>(
        "requeue", true, {"Whether jobs may queue again; else `attempts` of each are queued, one after another", "", "true; PBS: never"});
  else p.requeue = false;
  if (p.requeue)
    p.resumes = config.get_or<int>("resumes", p.resumes, {0, 100'000},
                                   {"A job that was stopped before it was done queues again at most so often", "times"});
  else
    p.attempts = config.get_or<int>("attempts", p.attempts, {1, 1000},
                                    {"Jobs queued in a row, each of which goes on where the one before ended; without `requeue`", "jobs"});
}

void check(Config const& config, SiteProfile const& p) {
  if (p.launcher == Launcher::srun && p.scheduler != Scheduler::slurm) config.fail("launcher", "belongs to Slurm; choose mpirun");
  // Slurm cannot wait for one attempt of each of several arrays.
  if (p.scheduler == Scheduler::slurm && !p.requeue && p.collect_jobs > p.max_array_size)
    config.fail("collect_jobs", fmt::format("does not fit into one array, and without `requeue` there can be no second; give at most {}",
                                            p.max_array_size));
}

}  // namespace

SiteProfile read_site_profile(Config& config, std::string const& executable) {
  SiteProfile p;
  p.scheduler =
      *scheduler_names.find(config.choice("scheduler", scheduler_names.all(), {"What starts jobs; ssh: nothing, hosts are named"}));
  p.executable = config.get_or<std::string>("executable", executable, {"The command apq as nodes find it", "", "the one that launches"});
  p.modules = config.list_or<std::string>("modules", {}, {"Environment modules that jobs load"});
  p.commands = config.list_or<std::string>("commands", {}, {"Lines of shell before the program starts, verbatim"});
  p.ranks_per_node = config.get<int>("ranks_per_node", {1, 4096}, {"Ranks of a node: as many as it has cores", "ranks"});
  auto const launcher = p.scheduler == Scheduler::slurm ? Launcher::srun : Launcher::mpirun;
  p.launcher = config.choice_or("launcher", launcher, launcher_names, {"What starts ranks", "", "srun with Slurm, else mpirun"});
  p.launcher_options = config.list_or<std::string>("launcher_options", {}, {"Its further options, e.g. --mpi=pmix"});
  p.retries =
      config.get_or<int>("retries", p.retries, {0, 1000}, {"A job that a dead rank or node ended starts again at most so often", "times"});
  if (p.scheduler == Scheduler::ssh) p.hosts_file = config.path("hosts_file", {"Hosts file of mpirun, a line a host; ssh alone"});
  else read_job_keys(config, p);
  config.finish();
  check(config, p);
  return p;
}

SiteProfile load_site_profile(std::filesystem::path const& file, std::vector<std::string> const& assignments,
                              std::string const& executable) {
  auto config = Config::load(file);
  for (auto const& assignment : assignments) config.set(assignment, "--site-set");
  return read_site_profile(config, executable);
}

}  // namespace apq::launch
