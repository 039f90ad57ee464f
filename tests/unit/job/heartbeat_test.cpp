#include "common/job/heartbeat.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/job/job_watch.hpp"
#include "support/temp_dir.hpp"

namespace apq::job {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr double interval = 0.02;  // s

bool comes_true(std::function<bool()> const& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

std::uint64_t counter_in(fs::path const& jobs, std::string const& token) { return read_job(job_file(jobs, token)).counter; }

TEST(Heartbeat, CounterGrowsAndFiguresFollow) {
  test::TempDir const dir;
  JobHeartbeat heart(dir / "jobs", new_job(2), interval);
  EXPECT_EQ(read_job(job_file(dir / "jobs", heart.token())).state, JobState::running);  // before anything is claimed
  heart.set([](JobRecord& r) { r.stage = "train"; });
  heart.refresh_with([](JobRecord& r) { r.core_seconds += 1; });
  ASSERT_TRUE(comes_true([&] { return counter_in(dir / "jobs", heart.token()) >= 3; }));
  auto const record = read_job(job_file(dir / "jobs", heart.token()));
  EXPECT_EQ(record.stage, "train");
  EXPECT_GE(record.core_seconds, 1);
}

TEST(Heartbeat, EndIsTheLastWord) {
  test::TempDir const dir;
  JobHeartbeat heart(dir.path(), new_job(1), interval);
  heart.end(JobState::ended);
  auto const last = counter_in(dir.path(), heart.token());
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(counter_in(dir.path(), heart.token()), last);
  EXPECT_EQ(read_job(job_file(dir.path(), heart.token())).state, JobState::ended);
}

TEST(Heartbeat, OneThatIsLeftByAnErrorFailed) {
  test::TempDir const dir;
  std::string token;
  try {
    JobHeartbeat const heart(dir.path(), new_job(1), interval);
    token = heart.token();
    throw Error(Errc::numeric, "something");
  } catch (Error const&) {
  }
  EXPECT_EQ(read_job(job_file(dir.path(), token)).state, JobState::failed);
}

TEST(Heartbeat, SurvivesThatItCannotWrite) {
  test::TempDir const dir;
  JobHeartbeat heart(dir / "jobs", new_job(1), interval);
  fs::remove_all(dir / "jobs");
  auto const before = heart.record().counter;
  ASSERT_TRUE(comes_true([&] { return heart.record().counter > before + 2; }));
  EXPECT_FALSE(fs::exists(job_file(dir / "jobs", heart.token())));  // the fault was there
  fs::create_directory(dir / "jobs");
  EXPECT_TRUE(comes_true([&] { return fs::exists(job_file(dir / "jobs", heart.token())); }));
}

TEST(Heartbeat, SignalsGoToOtherThreads) {
  test::TempDir const dir;
  JobHeartbeat const heart(dir.path(), new_job(1), interval);
  static volatile std::sig_atomic_t by_caller = 0;
  static auto const caller = ::pthread_self();
  auto const previous = std::signal(SIGUSR1, [](int) { by_caller = ::pthread_equal(::pthread_self(), caller) != 0 ? 1 : 2; });
  ::kill(::getpid(), SIGUSR1);
  EXPECT_TRUE(comes_true([] { return by_caller != 0; }));
  EXPECT_EQ(by_caller, 1);
  std::signal(SIGUSR1, previous);
}

// A child that beats until it is killed; its token is that of `record`.
pid_t beating_child(fs::path const& jobs, JobRecord record) {
  pid_t const child = ::fork();
  if (child == 0) {
    record.process = this_process();
    JobHeartbeat const heart(jobs, record, interval);
    for (;;) ::pause();
  }
  return child;
}

TEST(Heartbeat, StandsStillWhileItsProcessIsStoppedAndGoesOnAfterIt) {
  test::TempDir const dir;
  auto const record = new_job(1);
  auto const child = beating_child(dir.path(), record);
  auto const file = job_file(dir.path(), record.token);
  ASSERT_TRUE(comes_true([&] { return fs::exists(file) && counter_in(dir.path(), record.token) >= 1; }));
  JobWatch watch(dir.path(), 0.5);
  EXPECT_FALSE(watch.is_gone(record.token));

  ::kill(child, SIGSTOP);
  ASSERT_EQ(::waitpid(child, nullptr, WUNTRACED), child);
  auto const stopped_at = counter_in(dir.path(), record.token);
  EXPECT_TRUE(comes_true([&] { return watch.is_gone(record.token); }));
  EXPECT_EQ(counter_in(dir.path(), record.token), stopped_at);

  ::kill(child, SIGCONT);
  EXPECT_TRUE(comes_true([&] { return !watch.is_gone(record.token); }));
  EXPECT_GT(counter_in(dir.path(), record.token), stopped_at);

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  JobWatch patient(dir.path(), 1e9);
  EXPECT_TRUE(patient.is_gone(record.token));  // at once, as its process is looked for here
}

}  // namespace
}  // namespace apq::job
