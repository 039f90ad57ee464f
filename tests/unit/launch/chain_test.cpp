#include "launch/chain.hpp"

#include <gtest/gtest.h>

#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using namespace apq::launch;
using Indices = std::vector<std::size_t>;

TEST(LaunchedStudy, TakesItsPlaceFromTheConfiguration) {
  test::TempDir const folder;
  test::write_quickly(folder / "mine.yaml", "space: s.yaml\n");
  auto study = read_launched_study(folder / "mine.yaml", {});
  EXPECT_EQ(study.name, "mine");
  EXPECT_EQ(study.directory, std::filesystem::current_path() / "runs/mine");
  EXPECT_TRUE(study.trains_supernet);
  study = read_launched_study(folder / "mine.yaml", {"study.dir=/data/a", "supernet.weights=w.pt"});
  EXPECT_EQ(study.directory, "/data/a");
  EXPECT_FALSE(study.trains_supernet);
  EXPECT_EQ(study.arguments,
            (std::vector<std::string>{"--config", folder / "mine.yaml", "--set", "study.dir=/data/a", "--set", "supernet.weights=w.pt"}));
}

TEST(Chain, CollectsInArraysAndThenDoesTheRest) {
  SiteProfile profile;
  profile.collect_jobs = 7;
  profile.nodes = 3;
  auto const jobs = chain_of(profile, {});
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].until, "collect.quant");
  EXPECT_EQ(jobs[0].array_size, 7);
  EXPECT_EQ(jobs[0].nodes, 1);
  EXPECT_EQ(jobs[1].until, "");
  EXPECT_EQ(jobs[1].nodes, 3);
  EXPECT_EQ(jobs[1].after, Indices{0});
}

TEST(Chain, RefusesJobsThatWouldStopBeforeTheyBegin) {
  SiteProfile profile;
  profile.time_limit = 2;
  profile.stop_margin = 120;
  test::expect_error(Errc::config, "time_limit = 2 min: jobs stop 120 s before it", [&] { chain_of(profile, {}); });
  profile.stop_margin = 0;
  EXPECT_EQ(chain_of(profile, {}).size(), 2u);
  test::expect_error(Errc::config,
                     "jobs stop 180 s before it (stop_margin = 0 s of the site profile, study.stop_margin_seconds = 180) and so would "
                     "never work; give at least 4",
                     [&] { chain_of(profile, {.stop_margin = 180}); });
  test::expect_error(Errc::config, "give at least 3, or less of a margin", [&] { chain_of(profile, {.stop_margin = 150}); });
  profile.time_limit = 3;
  EXPECT_EQ(chain_of(profile, {.stop_margin = 150}).size(), 2u) << "what the message asks for";
  profile.time_limit = 2;
  profile.scheduler = Scheduler::pbs;
  profile.requeue = false;
  profile.stop_margin = 60;
  test::expect_error(Errc::config, "jobs stop 120 s before it", [&] { chain_of(profile, {.stop_margin = 60}); });
  profile.scheduler = Scheduler::ssh;
  EXPECT_EQ(chain_of(profile, {.stop_margin = 180}).size(), 1u) << "nothing ends it";
}

TEST(Chain, SaysWhereATimeLimitThatIsTooShortWasGiven) {
  test::TempDir const dir;
  auto const file = dir / "site.yaml";
  test::write_quickly(file, "scheduler: slurm\nranks_per_node: 4\ntime_limit: 2\n");
  test::expect_error(Errc::config, file.string() + ":3: time_limit = 2 min: jobs stop 120 s before it",
                     [&] { chain_of(load_site_profile(file, {}, "apq"), {}); });
  test::expect_error(Errc::config, "--site-set time_limit=1: time_limit = 1 min",
                     [&] { chain_of(load_site_profile(file, {"time_limit=1"}, "apq"), {}); });
}

TEST(Chain, CutsArraysThatTheSiteFindsTooLarge) {
  SiteProfile profile;
  profile.collect_jobs = 7;
  profile.max_array_size = 3;
  auto const jobs = chain_of(profile, {.trains_supernet = true});
  ASSERT_EQ(jobs.size(), 5u);
  EXPECT_EQ(jobs[0].until, "supernet");
  int labelling = 0;
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_LE(jobs[i].array_size, 3);
    EXPECT_EQ(jobs[i].after, Indices{0});
    labelling += std::max(jobs[i].array_size, 1);
  }
  EXPECT_EQ(labelling, 7);
  EXPECT_EQ(jobs[3].array_size, 0) << "one job is no array";
  EXPECT_NE(jobs[1].name, jobs[2].name);
  EXPECT_EQ(jobs[4].after, (Indices{1, 2, 3}));
}

TEST(Chain, StandsAttemptsInARowWhereJobsMayNotQueueAgain) {
  SiteProfile profile;
  profile.requeue = false;
  profile.attempts = 3;
  auto const jobs = chain_of(profile, {});
  ASSERT_EQ(jobs.size(), 6u);
  EXPECT_TRUE(jobs[0].attempts_before.empty());
  EXPECT_EQ(jobs[1].attempts_before, Indices{0});
  EXPECT_EQ(jobs[2].attempts_before, (Indices{0, 1}));
  EXPECT_EQ(jobs[1].name, jobs[0].name);
  EXPECT_EQ(jobs[3].after, (Indices{0, 1, 2}));
  EXPECT_EQ(jobs[4].attempts_before, Indices{3});
  EXPECT_TRUE(jobs[4].after.empty());
}

TEST(Chain, IsOneJobOnHostsWithoutAScheduler) {
  SiteProfile profile;
  profile.scheduler = Scheduler::ssh;
  auto const jobs = chain_of(profile, {.trains_supernet = true});
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0].until, "");
}

}  // namespace
