// A job is killed at any moment: what its meters gave out is in the journal, but for one beat.
#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/core/random.hpp"
#include "common/energy/meter.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

constexpr double beat_s = 0.05;

[[noreturn]] void work(EnergyConfig const& config, JobOfMeter const& job, int begun) {
  auto const alone = mpi::Communicator::alone();
  StageMeter meter(alone, config, "collect.fp", job, Claims::by_rows);
  char const byte = 1;
  if (::write(begun, &byte, 1) != 1) _exit(1);
  double volatile sum = 0;
  for (;;) {
    auto const before = meter.joules();
    for (auto const start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < std::chrono::milliseconds(5);)
      sum = sum + std::sqrt(sum + 1);
    meter.claim(&Uses::useful, std::max(0.0, meter.joules() - before));
  }
}

TEST(KilledJobs, UsedWhatTheirMetersGaveOutButForABeat) {
  test::TempDir const dir;
  StudyLayout const layout{dir / "study"};
  auto const zone = dir / "powercap/intel-rapl:0";
  std::filesystem::create_directories(zone);
  test::write_quickly(zone / "name", "package-0\n");
  test::write_quickly(zone / "max_energy_range_uj", "50000000\n");  // wraps after 50 J
  std::uint64_t counter = 49'000'000, given_out = 0;
  // 1 W, in steps of a millisecond or so, the file replaced whole as the kernel's is.
  auto const feed = [&](double seconds) {
    auto const start = std::chrono::steady_clock::now();
    std::uint64_t fed_uj = 0;
    for (double passed = 0; passed < seconds;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      auto const step = static_cast<std::uint64_t>(1e6 * passed) - fed_uj;
      fed_uj += step;
      counter = (counter + step) % 50'000'001;
      given_out += step;
      test::write_quickly(zone / "next", std::to_string(counter) + "\n");
      std::filesystem::rename(zone / "next", zone / "energy_uj");
    }
  };
  feed(0.001);
  auto const before_all = given_out;
  EnergyConfig config;
  config.source = "rapl";
  config.powercap = dir / "powercap";
  config.stat = dir / "stat";
  config.node_use = NodeUse::exclusive;
  config.beat_seconds = beat_s;

  RandomStream random(11, "test.killed", 0);
  constexpr int kills = 20;
  for (int i = 0; i < kills; ++i) {
    int begun[2];
    ASSERT_EQ(::pipe(begun), 0);
    auto const child = ::fork();
    if (child == 0) work(config, {layout.energy(), std::to_string(100 + i)}, begun[1]);
    ::close(begun[1]);
    char byte;
    ASSERT_EQ(::read(begun[0], &byte, 1), 1) << "the job ended before it began";
    feed(0.4 + 0.6 * random.uniform());
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it was not killed";
    ::close(begun[0]);
  }

  auto const runs = read_runs(layout);
  ASSERT_EQ(runs.size(), static_cast<std::size_t>(kills));
  for (auto const& run : runs) EXPECT_EQ(run.cost.killed, 1u);
  auto const total = totals_by_stage(runs).front();
  auto const& parts = total.kwh_for;
  EXPECT_NEAR(parts.useful + parts.repeated + parts.lost + parts.idle, total.kwh, 1e-12 * total.kwh);
  EXPECT_GT(parts.useful, 0);
  auto const joules = total.kwh * 3.6e6, gave = static_cast<double>(given_out - before_all) * 1e-6;
  EXPECT_LE(joules, gave + 1e-9);
  // 1 W at most. A beat is as long as it is asked for where the machine gives the leader its turn: two are allowed for one that does not,
  // which is a seventh of all.
  EXPECT_GE(joules, gave - kills * 2 * beat_s) << "more than a beat a kill is missing";
  EXPECT_GT(gave, 7 * kills * 2 * beat_s * 0.5) << "hardly anything was given out: nothing is tried";
}

}  // namespace
}  // namespace apq::energy
