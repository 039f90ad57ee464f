#include "common/job/job_watch.hpp"

#include <map>

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace apq::job {
namespace {

// Jobs of another machine, and a clock that stands until it is told.
struct JobWatchTest : ::testing::Test {
  double now = 100;
  std::map<std::string, JobRecord> records;
  JobWatch watch{10,
                 [this](std::string const& token) {
                   auto const found = records.find(token);
                   return found == records.end() ? std::nullopt : std::optional(found->second);
                 },
                 [this] { return now; }};
  void beat(std::string const& token) {
    records[token].token = token;
    records[token].process = {.host = "n9", .table = "another machine", .pid = 1, .start = 1};
    ++records[token].counter;
  }
};

TEST_F(JobWatchTest, IsGoneWhenItsCounterHasStoodStillForTheExpiry) {
  beat("a");
  EXPECT_FALSE(watch.is_gone("a"));
  now += 9.9;
  EXPECT_FALSE(watch.is_gone("a"));
  beat("a");
  now += 0.1;
  EXPECT_FALSE(watch.is_gone("a"));
  now += 9.9;
  EXPECT_FALSE(watch.is_gone("a"));
  now += 0.1;
  EXPECT_TRUE(watch.is_gone("a"));
}

TEST_F(JobWatchTest, HowOldARecordWasAtTheFirstLookDoesNotCount) {
  beat("a");
  now += 1e6;
  EXPECT_FALSE(watch.is_gone("a"));
}

TEST_F(JobWatchTest, OneThatGoesOnIsThereAgain) {
  beat("a");
  watch.is_gone("a");
  now += 10;
  EXPECT_TRUE(watch.is_gone("a"));
  beat("a");
  EXPECT_FALSE(watch.is_gone("a"));
}

TEST_F(JobWatchTest, OneThatSaysItHasEndedIsGoneAtOnce) {
  for (auto const state : {JobState::ended, JobState::stopped, JobState::failed}) {
    beat("a");
    records["a"].state = state;
    EXPECT_TRUE(watch.is_gone("a"));
  }
}

TEST_F(JobWatchTest, OneOfThisMachineWhoseProcessIsNotThereIsGoneAtOnce) {
  beat("a");
  records["a"].process = this_process();
  EXPECT_FALSE(watch.is_gone("a"));
  records["a"].process.start += 1'000'000;
  EXPECT_TRUE(watch.is_gone("a"));
}

TEST_F(JobWatchTest, OneWithoutARecordIsGoneAfterTheExpiry) {
  EXPECT_FALSE(watch.is_gone("nobody"));
  now += 10;
  EXPECT_TRUE(watch.is_gone("nobody"));
  EXPECT_FALSE(watch.last_seen("nobody"));
}

TEST_F(JobWatchTest, ClaimsAreAsTheirHoldersAre) {
  beat("a");
  HeldBy claim{.job = "a", .host = "n9", .generation = 0, .is_released = false, .file = "7.0"};
  EXPECT_FALSE(watch.is_gone(claim));
  EXPECT_EQ(watch.last_seen("a")->process.host, "n9");
  now += 10;
  EXPECT_TRUE(watch.is_gone(claim));
  beat("a");
  EXPECT_FALSE(watch.is_gone(claim));
  claim.is_released = true;
  EXPECT_TRUE(watch.is_gone(claim));
}

TEST_F(JobWatchTest, ClaimsOfNobodyKnownExpireEachByItself) {
  HeldBy const first{.job = "", .host = "", .generation = 0, .is_released = false, .file = "7.0"};
  HeldBy const second{.job = "", .host = "", .generation = 0, .is_released = false, .file = "8.0"};
  EXPECT_FALSE(watch.is_gone(first));
  now += 5;
  EXPECT_FALSE(watch.is_gone(second));
  now += 5;
  EXPECT_TRUE(watch.is_gone(first));
  EXPECT_FALSE(watch.is_gone(second));
  now += 5;
  EXPECT_TRUE(watch.is_gone(second));
}

TEST(JobWatch, DamagedRecordsOfOthersExpire) {
  test::TempDir const dir;
  test::write_quickly(dir / "a.json", "{\"format\"");
  JobWatch watch(dir.path(), 0);
  EXPECT_TRUE(watch.is_gone("a"));
}

}  // namespace
}  // namespace apq::job
