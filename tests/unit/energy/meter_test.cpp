#include "common/energy/meter.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

/// One directory for all ranks, made and removed by rank 0.
class EnergyMeter : public testing::Test {
 protected:
  EnergyMeter() : world(MPI_COMM_WORLD) {
    if (world.is_root()) owned = std::make_unique<test::TempDir>();
    root = mpi::broadcast(world, owned ? owned->path().string() : std::string());
  }
  ~EnergyMeter() override { mpi::barrier(world); }

  void set_counter(std::uint64_t energy_uj) {
    mpi::barrier(world);
    if (world.is_root()) {
      auto const zone = root / "powercap" / "intel-rapl:0";
      std::filesystem::create_directories(zone);
      std::ofstream(zone / "name") << "package-0\n";
      std::ofstream(zone / "max_energy_range_uj") << "262143328850\n";
      std::ofstream(zone / "energy_uj") << energy_uj << '\n';
    }
    mpi::barrier(world);
  }
  EnergyConfig config(std::string source) const {
    EnergyConfig c;
    c.source = std::move(source);
    c.powercap = root / "powercap";
    c.pue = 1.5;
    c.grid_gco2e_per_kwh = 100;
    c.grid_source = "test grid";
    return c;
  }

  mpi::Communicator world;
  std::unique_ptr<test::TempDir> owned;
  std::filesystem::path root;
};

double burn(double seconds) {
  double sum = 0;
  auto const start = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds) sum += std::sqrt(sum + 1);
  return sum;
}

TEST_F(EnergyMeter, RaplCountsOncePerNodeWhateverTheRanks) {
  set_counter(5'000'000);
  StageMeter meter(world, config("auto"), "collect.fp");
  set_counter(3'605'000'000);  // 3600 J on the one node
  auto const cost = meter.finish(root / "ledger.json");
  EXPECT_NEAR(cost.kwh, 0.001 * 1.5, 1e-12);
  EXPECT_NEAR(cost.gco2e, 0.15, 1e-10);
  EXPECT_EQ(cost.ranks, world.size());
  EXPECT_NE(cost.method.find("rapl"), std::string::npos);
  EXPECT_EQ(cost.grid_source, "test grid");
}

TEST_F(EnergyMeter, RunsOfAStageAddUpOnEveryRank) {
  set_counter(0);
  for (int run = 1; run <= 2; ++run) {
    StageMeter meter(world, config("rapl"), "train");
    set_counter(static_cast<std::uint64_t>(run) * 3'600'000'000ull);
    auto const cost = meter.finish(root / "ledger.json");
    EXPECT_EQ(cost.runs, static_cast<std::uint64_t>(run));
    EXPECT_NEAR(cost.kwh, 0.0015 * run, 1e-12);
  }
}

TEST_F(EnergyMeter, AutoFallsBackToDeclaredPowerOfBusyCores) {
  StageMeter meter(world, config("auto"), "train");
  // By the processor's clock: on a machine that others share, 0.05 s may pass with hardly any of them ours.
  double volatile sink = 0;
  for (auto const start = std::clock(); std::clock() - start < CLOCKS_PER_SEC / 50;) sink = burn(0.001);
  (void)sink;
  EXPECT_GE(meter.joules(), 0.019 * 10);  // as much as this rank's processor was busy, however many ranks share it
  auto const cost = meter.finish(root / "ledger.json");
  EXPECT_GT(cost.core_h, 0);
  EXPECT_NEAR(cost.kwh, cost.core_h * 10 / 1000 * 1.5, 1e-15);
  EXPECT_EQ(cost.method, "declared 10 W per busy core");
}

TEST_F(EnergyMeter, GpuTimeIsDeclaredPowerTimesWallTime) {
  auto c = config("declared");
  c.watts_per_core = 0;
  StageMeter meter(world, c, "train", world.is_root() ? 2 : 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  auto const cost = meter.finish(root / "ledger.json");
  EXPECT_GE(cost.gpu_h, 2 * 0.02 / 3600);
  EXPECT_LE(cost.gpu_h, 2 * cost.wall_s / 3600 + 1e-12);
  EXPECT_NEAR(cost.kwh, cost.gpu_h * 0.3 * 1.5, 1e-15);
  EXPECT_NE(cost.method.find("300 W per GPU"), std::string::npos);
}

TEST_F(EnergyMeter, RaplDemandedButAbsentIsUnknownNotZero) {
  StageMeter meter(world, config("rapl"), "train");
  EXPECT_TRUE(std::isnan(meter.joules()));
  auto const cost = meter.finish(root / "ledger.json");
  EXPECT_TRUE(std::isnan(cost.kwh));
  EXPECT_GE(cost.core_h, 0);
  EXPECT_GT(cost.wall_s, 0);
}

// Rows take what is added while they are made: together no more than the ledger has, and nearly all of it.
TEST_F(EnergyMeter, PartsAddUpToNoMoreThanTheLedger) {
  auto c = config("declared");
  c.pue = 1;
  StageMeter meter(world, c, "collect.fp", world.is_root() ? 1 : 0);
  double parts = 0;
  for (int i = 0; i < 5; ++i) {
    auto const before = meter.joules();
    double volatile sink = burn(0.01);
    (void)sink;
    parts += meter.joules() - before;
  }
  std::array<double, 1> sum{parts};
  mpi::allreduce_sum(world, std::span<double>(sum));
  auto const joules = meter.finish(root / "ledger.json").kwh * 3.6e6;
  EXPECT_LE(sum[0], joules * (1 + 1e-12));
  EXPECT_GT(sum[0], joules / 2);
}

TEST_F(EnergyMeter, RanksOfANodeShareItsCounters) {
  set_counter(0);
  StageMeter meter(world, config("rapl"), "train");
  set_counter(6'000'000);
  EXPECT_NEAR(meter.joules(), 6.0 / world.size(), 1e-12);
}

TEST_F(EnergyMeter, NothingIsRecordedWithoutFinish) {
  { StageMeter meter(world, config("declared"), "train"); }
  EXPECT_TRUE(read_ledger(root / "ledger.json").empty());
}

TEST_F(EnergyMeter, DamagedLedgerFailsOnEveryRank) {
  if (world.is_root()) replace_file(root / "ledger.json", "{");
  StageMeter meter(world, config("declared"), "train");
  EXPECT_THROW(meter.finish(root / "ledger.json"), Error);
}

}  // namespace
}  // namespace apq::energy
