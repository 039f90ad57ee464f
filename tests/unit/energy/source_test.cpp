#include "common/energy/source.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/energy/slurm_power.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

SourceKind const& kind(std::string const& name, Part part) {
  for (auto const& k : source_kinds())
    if (k.name == name && k.part == part) return k;
  throw Error(Errc::internal, name + " is not in the table");
}
std::unique_ptr<Device> device(std::string const& name, Part part, EnergyConfig const& config, Holding const& holding = {}) {
  auto devices = kind(name, part).devices(config, holding);
  EXPECT_EQ(devices.size(), 1u);
  return std::move(devices.front());
}

TEST(EnergySources, EveryPartEndsWithOneThatIsAlwaysAvailable) {
  EnergyConfig config;
  config.powercap = "/nowhere";
  for (auto part : {Part::processors, Part::gpus}) {
    SourceKind const* last = nullptr;
    for (auto const& k : source_kinds())
      if (k.part == part) last = &k;
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->why_not(config, {}), "");
  }
  EXPECT_EQ(kind("rapl", Part::processors).why_not(config, {}), "/nowhere has no package counters");
}

TEST(EnergySources, TheConfigurationTakesTheirNames) {
  EXPECT_EQ(source_names(), (std::vector<std::string>{"auto", "rapl", "slurm", "declared", "nvml"}));
  auto const read = [](std::string const& text) { return read_energy_config(Config::parse(text, "e.yaml")); };
  for (auto const& name : source_names()) EXPECT_EQ(read("source: " + name).source, name);
  EXPECT_THROW(read("source: steam"), Error);
  auto const in_poland = read("country: pol");
  EXPECT_EQ(in_poland.country, "POL");
  EXPECT_GT(in_poland.grid_gco2e_per_kwh, 500);
  EXPECT_EQ(in_poland.grid_source.substr(0, 6), "Poland");
  EXPECT_EQ(read("{country: pol, grid_gco2e_per_kwh: 20}").grid_source, "declared in the configuration");
  EXPECT_THROW(read("country: Poland"), Error);
}

TEST(SlurmPower, IsReadFromWhatScontrolPrints) {
  EXPECT_EQ(node_watts("NodeName=n1\n   CapWatts=n/a\n   CurrentWatts=215 AveWatts=180\n"), 215);
  for (char const* text :
       {"", "CurrentWatts=", "CurrentWatts=n/s AveWatts=n/s", "CurrentWatts=0 AveWatts=0", "CurrentWatts=-3", "CurrentWatts=1e9"})
    EXPECT_FALSE(node_watts(text)) << text;
}

// A program of the name scontrol that prints what a file holds.
class SlurmNodes : public testing::Test {
 protected:
  SlurmNodes() : path(std::getenv("PATH")) {
    std::ofstream(dir / "scontrol") << "#!/bin/sh\ncase \"$*\" in 'show node n-1') cat " << (dir / "watts").string()
                                    << ";; *) exit 1;; esac\n";
    std::filesystem::permissions(dir / "scontrol", std::filesystem::perms::owner_all);
    ::setenv("PATH", (dir.path().string() + ":" + path).c_str(), 1);
    ::setenv("SLURM_JOB_ID", "1", 1);
    ::setenv("SLURMD_NODENAME", "n-1", 1);
  }
  ~SlurmNodes() override {
    ::setenv("PATH", path.c_str(), 1);
    ::unsetenv("SLURM_JOB_ID");
    ::unsetenv("SLURMD_NODENAME");
  }
  void set_watts(std::string const& watts) const { test::write_quickly(dir / "watts", "NodeName=n-1 CurrentWatts=" + watts + "\n"); }

  test::TempDir const dir;
  std::string const path;
  SourceKind const& slurm = kind("slurm", Part::processors);
};

TEST_F(SlurmNodes, TellTheirPowerNowAndThen) {
  set_watts("200");
  ASSERT_EQ(slurm.why_not({}, {}), "");
  EXPECT_TRUE(slurm.holds_gpus);
  auto const node = device("slurm", Part::processors, {});
  EXPECT_TRUE(node->is_of_the_node());
  EXPECT_DOUBLE_EQ(node->joules({.wall_s = 0}), 0);
  set_watts("300");
  EXPECT_DOUBLE_EQ(node->joules({.wall_s = 9}), 1800) << "not asked again yet";
  EXPECT_DOUBLE_EQ(node->joules({.wall_s = 11}), 2200);
  EXPECT_DOUBLE_EQ(node->joules({.wall_s = 12}), 2500);
  std::filesystem::remove(dir / "watts");  // no answer: the last one stands for a while
  EXPECT_DOUBLE_EQ(node->joules({.wall_s = 31}), 2200 + 20 * 300);
  EXPECT_DOUBLE_EQ(node->joules({.wall_s = 82}), 2200 + 71 * 300);
  EXPECT_TRUE(std::isnan(node->joules({.wall_s = 93}))) << "too long ago";
}

TEST_F(SlurmNodes, ThatMeasureNothingAreNoSource) {
  set_watts("n/s");
  EXPECT_EQ(slurm.why_not({}, {}), "`scontrol show node n-1` tells no CurrentWatts");
  ::unsetenv("SLURM_JOB_ID");
  EXPECT_EQ(slurm.why_not({}, {}), "this is no job of Slurm");
}

TEST_F(SlurmNodes, OfNamesThatAShellUnderstandsAreNotAskedFor) {
  set_watts("200");
  ::setenv("SLURMD_NODENAME", "n-1;touch x", 1);
  EXPECT_NE(slurm.why_not({}, {}), "");
}

TEST(EnergySources, DeclaredPowerIsWattsTimesTheClockOfThePart) {
  EnergyConfig config;
  config.watts_per_core = 7;
  config.watts_per_gpu = 200;
  Elapsed const elapsed{.wall_s = 10, .processor_s = 3};
  EXPECT_DOUBLE_EQ(device("declared", Part::processors, config)->joules(elapsed), 21);
  auto const gpus = kind("declared", Part::gpus).devices(config, {{"0", "1"}});
  ASSERT_EQ(gpus.size(), 2u);
  EXPECT_DOUBLE_EQ(gpus[1]->joules(elapsed), 2000);
  EXPECT_EQ(gpus[1]->name(), "gpu 1");
  EXPECT_TRUE(kind("declared", Part::gpus).devices(config, {}).empty());
}

class Rapl : public testing::Test {
 protected:
  Rapl() {
    std::filesystem::create_directories(zone);
    set("name", "package-0");
    set("max_energy_range_uj", "262143328850");
    set("energy_uj", "1000000");
    config.powercap = directory.path();
  }
  void set(char const* file, std::string const& text) const { std::ofstream(zone / file) << text << '\n'; }
  test::TempDir const directory;
  std::filesystem::path const zone = directory / "intel-rapl:0";
  EnergyConfig config;
};

TEST_F(Rapl, IsOfTheNodeAndUnknownOnceItCannotBeRead) {
  EXPECT_EQ(kind("rapl", Part::processors).why_not(config, {}), "");
  auto const package = device("rapl", Part::processors, config);
  EXPECT_TRUE(package->is_of_the_node());
  set("energy_uj", "9000000");
  EXPECT_DOUBLE_EQ(package->joules({}), 8);
  set("energy_uj", "262143000000");
  package->joules({.wall_s = 1});
  set("energy_uj", "5");  // around its range
  EXPECT_NEAR(package->joules({.wall_s = 2}), 262142.32885 + 0.000005, 1e-9);
  set("energy_uj", "4");  // anew: no package draws 262 kJ in a second
  EXPECT_NEAR(package->joules({.wall_s = 3}), 262142.32885 + 0.000005, 1e-9);
  std::filesystem::remove(zone / "energy_uj");
  EXPECT_TRUE(std::isnan(package->joules({})));
}

// The counters are root's on most machines: that is said, with what lets others read.
TEST_F(Rapl, ThatMayNotBeReadSaysSo) {
  ASSERT_EQ(::chmod((zone / "energy_uj").c_str(), 0), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  bool const is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  auto const why = kind("rapl", Part::processors).why_not(config, {});
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(why, (zone / "energy_uj").string() + ": Permission denied (root reads it; `chmod a+r` or a group of its own lets others)");
}

class NvidiaGpus : public testing::Test {
 protected:
  NvidiaGpus() {
    ::setenv("APQ_FAKE_NVML", directory.path().c_str(), 1);
    config.nvml = APQ_FAKE_NVML_LIBRARY;
  }
  ~NvidiaGpus() override { ::unsetenv("APQ_FAKE_NVML"); }
  void set(char const* file, std::string const& text) const { std::ofstream(directory / file) << text << '\n'; }
  std::string why_not(Holding const& holding) const { return kind("nvml", Part::gpus).why_not(config, holding); }
  test::TempDir const directory;
  EnergyConfig config;
};

TEST_F(NvidiaGpus, CountTheirEnergy) {
  set("1.energy", "5000");
  EXPECT_EQ(why_not({{"1"}}), "");
  auto const gpu = device("nvml", Part::gpus, config, {{"GPU-1"}});
  EXPECT_EQ(gpu->name(), "gpu GPU-1");
  EXPECT_FALSE(gpu->is_of_the_node());
  set("1.energy", "12500");
  EXPECT_DOUBLE_EQ(gpu->joules({.wall_s = 1}), 7.5);
  set("1.energy", "100");  // the driver was loaded again
  EXPECT_DOUBLE_EQ(gpu->joules({.wall_s = 2}), 7.5);
  set("1.energy", "1100");
  EXPECT_DOUBLE_EQ(gpu->joules({.wall_s = 3}), 8.5);
  std::filesystem::remove(directory / "1.energy");
  EXPECT_TRUE(std::isnan(gpu->joules({.wall_s = 4})));
}

TEST_F(NvidiaGpus, WithoutACounterTakePowerTimesTime) {
  set("0.power", "150000");
  auto const gpu = device("nvml", Part::gpus, config, {{"0"}});
  EXPECT_DOUBLE_EQ(gpu->joules({.wall_s = 2}), 300);
  set("0.power", "50000");
  EXPECT_DOUBLE_EQ(gpu->joules({.wall_s = 3}), 350);
}

TEST_F(NvidiaGpus, WhatIsMissingIsNamed) {
  EXPECT_EQ(why_not({}), "no GPU is held");
  EXPECT_EQ(why_not({{"3"}}), "NVML knows no GPU 3");
  ::unsetenv("APQ_FAKE_NVML");
  EXPECT_NE(why_not({{"3"}}).find("nvmlInit_v2 gives 9"), std::string::npos);
  config.nvml = "libno-such-library.so.1";
  EXPECT_NE(why_not({{"3"}}).find("libno-such-library.so.1"), std::string::npos);
}

}  // namespace
}  // namespace apq::energy
