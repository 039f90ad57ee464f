#include "launch/site_profile.hpp"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "support/error_of.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;
using namespace apq::launch;

SiteProfile read(std::string const& text) {
  auto config = Config::parse(text, "site.yaml");
  return read_site_profile(config, "/bin/apq");
}

TEST(SiteProfile, ThoseShippedAreSoundAndOfEveryScheduler) {
  std::set<Scheduler> schedulers;
  for (auto const& entry : std::filesystem::directory_iterator(test::source_dir() / "slurm/sites")) {
    auto const profile = load_site_profile(entry.path(), {"ranks_per_node=7"}, "/bin/apq");
    EXPECT_EQ(profile.ranks_per_node, 7) << entry.path();
    EXPECT_EQ(profile.executable, "/bin/apq") << entry.path();
    schedulers.insert(profile.scheduler);
  }
  EXPECT_EQ(schedulers.size(), scheduler_names.all().size());
}

TEST(SiteProfile, DefaultsFollowTheScheduler) {
  auto const slurm = read("{scheduler: slurm, ranks_per_node: 2}");
  EXPECT_EQ(slurm.launcher, Launcher::srun);
  EXPECT_TRUE(slurm.requeue);
  auto const pbs = read("{scheduler: pbs, ranks_per_node: 2}");
  EXPECT_EQ(pbs.launcher, Launcher::mpirun);
  EXPECT_FALSE(pbs.requeue);
}

TEST(SiteProfile, MistakesAreNamedWithTheirPlace) {
  test::expect_error(Errc::config, "site.yaml:1: scheduler: is missing", [] { read("ranks_per_node: 2"); });
  test::expect_error(Errc::config, "site.yaml:1: scheduler = lsf is unknown; choose one of: slurm, pbs, ssh",
                     [] { read("scheduler: lsf\nranks_per_node: 2"); });
  test::expect_error(Errc::config, "site.yaml:3: partitoin: unknown key; did you mean partition?",
                     [] { read("scheduler: slurm\nranks_per_node: 2\npartitoin: long"); });
  test::expect_error(Errc::config, "site.yaml:2: ranks_per_node = 0 is out of range", [] { read("scheduler: slurm\nranks_per_node: 0"); });
  test::expect_error(Errc::config, "memory_gib: is missing", [] { read("{scheduler: slurm, ranks_per_node: 2, memory: per_core}"); });
  test::expect_error(Errc::config, "site.yaml:3: launcher = srun: belongs to Slurm",
                     [] { read("scheduler: pbs\nranks_per_node: 2\nlauncher: srun"); });
  test::expect_error(Errc::config, "site.yaml:4: collect_jobs = 9: does not fit into one array",
                     [] { read("scheduler: slurm\nranks_per_node: 2\nrequeue: false\ncollect_jobs: 9\nmax_array_size: 8"); });
}

TEST(SiteProfile, KeysThatASchedulerHasNoUseForAreRefused) {
  test::expect_error(Errc::config, "site.yaml:1: partition: unknown key",
                     [] { read("{scheduler: ssh, ranks_per_node: 2, hosts_file: h, partition: long}"); });
  test::expect_error(Errc::config, "site.yaml:1: qos: unknown key", [] { read("{scheduler: pbs, ranks_per_node: 2, qos: high}"); });
  test::expect_error(Errc::config, "site.yaml:1: hosts_file: unknown key",
                     [] { read("{scheduler: slurm, ranks_per_node: 2, hosts_file: h}"); });
}

TEST(SiteProfile, AssignmentsAreNamedByTheirOption) {
  test::expect_error(Errc::config, "--site-set time_limit=soon: time_limit = soon is not a whole number",
                     [] { load_site_profile(test::source_dir() / "slurm/sites/slurm.yaml", {"time_limit=soon"}, "apq"); });
}

}  // namespace
