#include "common/energy/meter.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

/// One directory for all ranks, made and removed by rank 0; RAPL and NVML are files in it.
class EnergyMeter : public testing::Test {
 protected:
  EnergyMeter() : world(MPI_COMM_WORLD) {
    if (world.is_root()) owned = std::make_unique<test::TempDir>();
    layout.root = mpi::broadcast(world, owned ? owned->path().string() : std::string());
    ::setenv("APQ_FAKE_NVML", (layout.root / "nvml").c_str(), 1);
  }
  ~EnergyMeter() override { mpi::barrier(world); }

  void write(std::filesystem::path const& file, std::string const& text) const {
    mpi::barrier(world);
    if (world.is_root()) {
      std::filesystem::create_directories((layout.root / file).parent_path());
      replace_file(layout.root / file, text + "\n");
    }
    mpi::barrier(world);
  }
  void set_counter(std::uint64_t energy_uj) const {
    write("powercap/intel-rapl:0/name", "package-0");
    write("powercap/intel-rapl:0/max_energy_range_uj", "262143328850");
    write("powercap/intel-rapl:0/energy_uj", std::to_string(energy_uj));
  }
  EnergyConfig config(std::string source) const {
    EnergyConfig c;
    c.source = std::move(source);
    c.powercap = layout.root / "powercap";
    c.stat = layout.root / "stat";
    c.nvml = APQ_FAKE_NVML_LIBRARY;
    c.node_use = NodeUse::exclusive;
    c.beat_seconds = 0.05;
    c.pue = 1.5;
    c.grid_gco2e_per_kwh = 100;
    c.grid_source = "test grid";
    return c;
  }
  JobOfMeter job() const { return {layout.energy(), "0123abcd"}; }
  StageCost cost() const {
    mpi::barrier(world);
    auto const stages = read_ledger(layout);
    mpi::barrier(world);
    return stages.empty() ? StageCost{} : stages.front();
  }

  mpi::Communicator world;
  std::unique_ptr<test::TempDir> owned;
  StudyLayout layout;
};

double burn(double seconds) {
  double sum = 0;
  auto const start = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds) sum += std::sqrt(sum + 1);
  return sum;
}

TEST_F(EnergyMeter, RaplCountsOncePerNodeWhateverTheRanks) {
  set_counter(5'000'000);
  StageMeter meter(world, config("auto"), "train", job(), Claims::whole);
  set_counter(3'605'000'000);  // 3600 J on the one node
  meter.finish();
  auto const c = cost();
  EXPECT_NEAR(c.kwh, 0.001 * 1.5, 1e-12);
  EXPECT_NEAR(c.kwh_for.useful + c.kwh_for.idle, c.kwh, 1e-12);
  EXPECT_NEAR(c.gco2e, 0.15, 1e-10);
  EXPECT_EQ(c.ranks, world.size());
  EXPECT_NE(c.method.find("rapl"), std::string::npos);
  EXPECT_EQ(c.grid_source, "test grid");
}

// A wrap, a gap in which the counter cannot be read, a step back.
TEST_F(EnergyMeter, WrapsAreFollowedAndAGapIsUnknown) {
  set_counter(262'143'000'000);
  {
    StageMeter meter(world, config("rapl"), "train", job(), Claims::whole);
    set_counter(262'143'328'850);
    burn(0.6);
    set_counter(671'150);
    meter.finish();
  }
  EXPECT_NEAR(cost().kwh, 1.0 * 1.5 / 3.6e6, 1e-9 / 3.6e6);
  write("powercap/intel-rapl:0/max_energy_range_uj", "0");
  {
    StageMeter meter(world, config("rapl"), "train", job(), Claims::whole);
    write("powercap/intel-rapl:0/energy_uj", "100");  // a step back that no wrap explains counts as nothing
    meter.finish();
  }
  EXPECT_NEAR(cost().kwh, 1.0 * 1.5 / 3.6e6, 1e-9 / 3.6e6);
  {
    StageMeter meter(world, config("rapl"), "train", job(), Claims::whole);
    write("powercap/intel-rapl:0/energy_uj", "");
    meter.finish();
  }
  EXPECT_TRUE(std::isnan(cost().kwh)) << "what happened meanwhile nobody knows";
}

TEST_F(EnergyMeter, DeclaredPowerOfBusyCores) {
  StageMeter meter(world, config("auto"), "train", job(), Claims::whole);
  // By the processor's clock: on a machine that others share, 0.05 s may pass with hardly any of them ours.
  double volatile sink = 0;
  for (auto const start = std::clock(); std::clock() - start < CLOCKS_PER_SEC / 50;) sink = burn(0.001);
  (void)sink;
  EXPECT_GE(meter.joules(), 0.019 * 10);  // as much as this rank's processor was busy, however many ranks share it
  meter.finish();
  auto const c = cost();
  EXPECT_GT(c.core_h, 0);
  EXPECT_NEAR(c.kwh, c.core_h * 10 / 1000 * 1.5, 1e-15);
  EXPECT_EQ(c.kwh_for.idle, 0);
  EXPECT_EQ(c.method, "declared 10 W per busy core");
}

TEST_F(EnergyMeter, AGpuThatRanksShareCountsOnce) {
  write("nvml/0.energy", "1000");
  write("nvml/1.power", "100000");
  auto c = config("declared");
  c.source = "auto";
  c.watts_per_core = 0;
  std::vector<std::string> gpus{"0"};
  if (world.rank() == world.size() - 1) gpus.push_back("1");
  StageMeter meter(world, c, "train", job(), Claims::whole, gpus);
  write("nvml/0.energy", "8000");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  meter.finish();
  auto const total = cost();
  auto const runs = read_runs(layout);
  ASSERT_EQ(runs.size(), 1u);
  double gpu0 = 0, gpu1 = 0;
  ASSERT_EQ(runs[0].nodes.size(), 1u);
  auto const& devices = runs[0].nodes[0].devices;
  if (devices.contains("gpu 0")) gpu0 = devices.at("gpu 0");
  if (devices.contains("gpu 1")) gpu1 = devices.at("gpu 1");
  EXPECT_NEAR(gpu0, 7.0, 1e-9);
  EXPECT_NEAR(gpu1, 100 * total.wall_s, 1e-6);
  EXPECT_NEAR(total.gpu_h, 2 * total.wall_s / 3600, 1e-12);
  EXPECT_NEAR(total.kwh, (gpu0 + gpu1) * 1.5 / 3.6e6, 1e-15);
  EXPECT_NE(total.method.find("nvml"), std::string::npos);
}

TEST_F(EnergyMeter, DemandedButAbsentIsUnknownNotZero) {
  StageMeter meter(world, config("rapl"), "train", job(), Claims::whole);
  meter.finish();
  auto const c = cost();
  EXPECT_TRUE(std::isnan(c.kwh));
  EXPECT_GE(c.core_h, 0);
  EXPECT_GT(c.wall_s, 0);
}

// Rows take what is added while they are made, and that is the ledger's useful part; what else was used is idle or lost.
TEST_F(EnergyMeter, WhatRowsClaimIsUsefulAndAllAddsUp) {
  for (bool const is_counted : {false, true}) {
    set_counter(1'000'000);
    auto c = config(is_counted ? "rapl" : "declared");
    c.pue = 1;
    double rows = 0, failed = 0;
    {
      StageMeter meter(world, c, is_counted ? "collect.quant" : "collect.fp", job(), Claims::by_rows);
      for (int i = 0; i < 6; ++i) {
        auto const before = meter.joules();
        double volatile sink = burn(0.02);
        (void)sink;
        if (is_counted) set_counter(2'000'000 + static_cast<std::uint64_t>(i) * 1'000'000);
        auto const used = std::max(0.0, meter.joules() - before);
        (i == 3 ? failed : rows) += used;
        meter.claim(i == 3 ? &Uses::lost : &Uses::useful, used);
      }
      meter.finish();
    }
    std::array<double, 2> sum{rows, failed};
    mpi::allreduce_sum(world, std::span<double>(sum));
    mpi::barrier(world);
    auto const runs = read_runs(layout);
    auto const& stage = runs.back().cost;
    auto const& parts = stage.kwh_for;
    EXPECT_NEAR(parts.useful * 3.6e6, sum[0], 1e-9 * sum[0]);
    EXPECT_NEAR(parts.lost * 3.6e6, sum[1], 1e-9 * sum[1] + 1e-12);
    EXPECT_NEAR(parts.useful + parts.repeated + parts.lost + parts.idle, stage.kwh, 1e-12 * stage.kwh);
    // Between two looks rows are paid at the last rate; a step of the counter is 1 J here, and so is what that may be off.
    EXPECT_GE(parts.idle * 3.6e6, is_counted ? -1.0 : -1e-6);
    EXPECT_GT(parts.useful, 0);
    if (is_counted) {
      EXPECT_NEAR(stage.kwh * 3.6e6, 6.0, 1e-9);
    }
    mpi::barrier(world);
  }
}

// A training that is stopped goes on from its last checkpoint; a stage that was there already is done again.
TEST_F(EnergyMeter, WhatWentIntoACheckpointIsNotLostAndWhatWasThereIsRepeated) {
  auto const joules_of = [&](char const* stage, double Uses::*use) {
    for (auto const& run : read_runs(layout))
      if (run.cost.stage == stage) return run.cost.kwh_for.*use * 3.6e6 / 1.5;
    return -1.0;
  };
  double saved = 0, all = 0;
  {
    StageMeter meter(world, config("declared"), "supernet", job(), Claims::whole);
    double volatile sink = burn(0.05);
    meter.claim_until_now(&Uses::useful);
    saved = meter.joules();
    sink = burn(0.2);
    (void)sink;
    meter.finish(Ended::early);
  }
  {
    StageMeter meter(world, config("declared"), "train", job(), Claims::whole);
    meter.repeats();
    double volatile sink = burn(0.05);
    (void)sink;
    meter.claim_until_now(&Uses::useful);
    all = meter.joules();
    meter.finish();
  }
  std::array<double, 2> sums{saved, all};
  mpi::allreduce_sum(world, std::span<double>(sums));
  mpi::barrier(world);
  EXPECT_NEAR(joules_of("supernet", &Uses::useful), sums[0], 0.2 * sums[0]);
  EXPECT_GT(joules_of("supernet", &Uses::useful), 0);
  EXPECT_GT(joules_of("supernet", &Uses::lost), joules_of("supernet", &Uses::useful));
  EXPECT_GE(joules_of("train", &Uses::repeated), 0.8 * sums[1]) << "all that was done until it was claimed, and the end of it";
  EXPECT_EQ(joules_of("train", &Uses::lost), 0);
  EXPECT_EQ(joules_of("train", &Uses::useful), 0);
  mpi::barrier(world);
}

TEST_F(EnergyMeter, TwoJobsOnANodeShareItsCounter) {
  set_counter(0);
  write("stat", "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0\ncpu1 0");
  auto c = config("rapl");
  c.node_use = NodeUse::shared;
  c.beat_seconds = 3600;
  StageMeter meter(world, c, "train", job(), Claims::whole);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the leader's first looks, before anything is used
  double volatile sink = burn(0.2);
  (void)sink;
  // Others keep the node busy for 1000 s meanwhile. A look of the leader's may fall between the two files of a step and see a step's energy
  // alone.
  for (int step = 1; step <= 20; ++step) {
    write("stat", fmt::format("cpu  {} 0 0 0 0 0 0 0 0 0\ncpu0 0\ncpu1 0", 5000 * step));
    write("powercap/intel-rapl:0/energy_uj", std::to_string(500'000 * step));
  }
  meter.finish();
  auto const total = cost();
  EXPECT_GT(total.kwh, 0);
  EXPECT_LT(total.kwh * 3.6e6 / 1.5, 5) << "of 10 J, nearly all of which others used";
  EXPECT_NE(total.method.find("shared by processor time"), std::string::npos);
}

TEST_F(EnergyMeter, WithoutAnEndARunWasKilledAndWithoutALineItNeverWas) {
  {
    StageMeter meter(world, config("declared"), "train", job(), Claims::whole);
    double volatile sink = burn(0.4);
    (void)sink;
  }
  auto const c = cost();
  EXPECT_EQ(c.killed, 1u);
  EXPECT_GT(c.kwh, 0);
  EXPECT_NEAR(c.kwh_for.lost, c.kwh, 1e-15);
  auto slow = config("declared");
  slow.beat_seconds = 100;
  { StageMeter meter(world, slow, "verify", job(), Claims::whole); }
  {
    StageMeter meter(world, slow, "search", job(), Claims::whole);
    meter.dismiss();
  }
  mpi::barrier(world);
  EXPECT_EQ(read_ledger(layout).size(), 1u);
  mpi::barrier(world);
}

TEST_F(EnergyMeter, AJournalThatCannotBeWrittenFailsOnEveryRank) {
  if (world.is_root()) replace_file(layout.energy(), "no directory");
  mpi::barrier(world);
  test::expect_error(Errc::io, "energy", [&] { StageMeter(world, config("declared"), "train", job(), Claims::whole); });
}

TEST_F(EnergyMeter, WhatFoundNothingToDoIsNoRunHoweverLongItLooked) {
  StageMeter meter(world, config("declared"), "verify", job(), Claims::whole);
  double volatile sink = burn(0.3);  // some beats
  (void)sink;
  meter.dismiss();
  mpi::barrier(world);
  EXPECT_FALSE(read_journals(layout.energy()).empty()) << "it wrote nothing: nothing is tried";
  EXPECT_TRUE(read_runs(layout).empty());
  mpi::barrier(world);
}

TEST_F(EnergyMeter, AMeterOfGpusIsAskedForGpusAlone) {
  StageMeter meter(world, config("nvml"), "train", job(), Claims::whole);  // which holds none
  double volatile sink = burn(0.02);
  (void)sink;
  meter.finish();
  mpi::barrier(world);
  EXPECT_TRUE(std::isfinite(cost().kwh));
  mpi::barrier(world);
}

}  // namespace
}  // namespace apq::energy
