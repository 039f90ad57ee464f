#include "common/energy/rapl.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/energy/energy_config.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

void write(std::filesystem::path const& file, std::string const& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text << '\n';
}

void make_zone(std::filesystem::path const& zone, std::string const& name, std::uint64_t energy_uj, std::uint64_t range_uj) {
  write(zone / "name", name);
  write(zone / "energy_uj", std::to_string(energy_uj));
  write(zone / "max_energy_range_uj", std::to_string(range_uj));
}

TEST(RaplDelta, CountsForward) { EXPECT_EQ(rapl_delta_uj(100, 350, 1000, 1), 250u); }
TEST(RaplDelta, WrapsAtRange) { EXPECT_EQ(rapl_delta_uj(900, 50, 1000, 1), 150u); }
TEST(RaplDelta, WrapFromTheLastValue) { EXPECT_EQ(rapl_delta_uj(1000, 7, 1000, 1), 7u); }
TEST(RaplDelta, DecreaseWithoutKnownRangeIsZero) { EXPECT_EQ(rapl_delta_uj(900, 50, 0, 1), 0u); }
TEST(RaplDelta, DecreaseFromBeyondTheRangeIsZero) { EXPECT_EQ(rapl_delta_uj(1500, 50, 1000, 1), 0u); }

TEST(RaplDelta, ADecreaseThatWouldBeMoreThanAnyPackageDrawsIsZero) {
  std::uint64_t const range = 262'143'328'850;
  EXPECT_EQ(rapl_delta_uj(7'000'000, 5'000'000, range, 10), 0u) << "262 kJ in 10 s: it began anew";
  EXPECT_EQ(rapl_delta_uj(range - 1'000'000, 2'000'000, range, 0.5), 3'000'000u);
}

TEST(RaplPackages, TakesPackagesOnceAndNeitherSubdomainsNorPlatform) {
  test::TempDir const dir;
  make_zone(dir / "intel-rapl:0", "package-0", 1, 1000);
  make_zone(dir / "intel-rapl:0:0", "core", 1, 1000);
  make_zone(dir / "intel-rapl:0:1", "dram", 1, 1000);
  make_zone(dir / "intel-rapl:1", "package-1", 1, 2000);
  make_zone(dir / "intel-rapl:2", "psys", 1, 1000);
  make_zone(dir / "intel-rapl-mmio:0", "package-0", 1, 3000);
  make_zone(dir / "dtpm", "package-9", 1, 3000);
  auto const packages = find_rapl_packages(dir.path());
  ASSERT_EQ(packages.size(), 2u);
  EXPECT_EQ(packages[0].name, "package-0");
  EXPECT_EQ(packages[0].directory.filename(), "intel-rapl:0");
  EXPECT_EQ(packages[1].range_uj, 2000u);
}

TEST(RaplPackages, NoneWithoutTreeOrWithoutCounter) {
  test::TempDir const dir;
  EXPECT_TRUE(find_rapl_packages(dir / "absent").empty());
  write(dir / "intel-rapl:0" / "name", "package-0");
  EXPECT_TRUE(find_rapl_packages(dir.path()).empty());
  write(dir / "intel-rapl:0" / "energy_uj", "not a number");
  EXPECT_TRUE(find_rapl_packages(dir.path()).empty());
}

TEST(RaplCounter, AddsPackagesOverSeveralWraps) {
  test::TempDir const dir;
  auto const set = [&](std::uint64_t first, std::uint64_t second) {
    make_zone(dir / "intel-rapl:0", "package-0", first, 1'000'000);
    make_zone(dir / "intel-rapl:1", "package-1", second, 5'000'000);
  };
  set(900'000, 0);
  RaplCounter counter(find_rapl_packages(dir.path()));
  set(400'000, 1'000'000);  // +0.5 J through a wrap, +1 J
  counter.update(1);
  set(300'000, 1'500'000);  // +0.9 J through a wrap, +0.5 J
  counter.update(2);
  EXPECT_NEAR(counter.joules(), 2.9, 1e-9);
  EXPECT_TRUE(counter.is_complete());
}

TEST(RaplCounter, ACounterThatBeginsAnewGoesOnFromThere) {
  test::TempDir const dir;
  std::uint64_t const range = 262'143'328'850;
  make_zone(dir / "intel-rapl:0", "package-0", 9'000'000, range);
  RaplCounter counter(find_rapl_packages(dir.path()));
  make_zone(dir / "intel-rapl:0", "package-0", 1'000'000, range);
  counter.update(5);
  EXPECT_EQ(counter.joules(), 0);
  make_zone(dir / "intel-rapl:0", "package-0", 4'000'000, range);
  counter.update(10);
  EXPECT_NEAR(counter.joules(), 3, 1e-9);
}

TEST(RaplCounter, ALostCounterMakesTheTotalIncomplete) {
  test::TempDir const dir;
  make_zone(dir / "intel-rapl:0", "package-0", 100, 1000);
  RaplCounter counter(find_rapl_packages(dir.path()));
  std::filesystem::remove(dir / "intel-rapl:0" / "energy_uj");
  counter.update(3);
  EXPECT_FALSE(counter.is_complete());
}

TEST(EnergyConfig, DefaultsNameTheirSource) {
  auto const config = read_energy_config(Config::parse("{}", "test"));
  EXPECT_EQ(config.source, "auto");
  EXPECT_EQ(config.grid_gco2e_per_kwh, 475.0);
  EXPECT_NE(config.grid_source.find("IEA"), std::string::npos);
}

TEST(EnergyConfig, AnIntensityOfTheUserIsNotCreditedToTheDefaultSource) {
  auto const config = read_energy_config(Config::parse("grid_gco2e_per_kwh: 60", "test"));
  EXPECT_EQ(config.grid_gco2e_per_kwh, 60.0);
  EXPECT_EQ(config.grid_source, "declared in the configuration");
  auto const named = read_energy_config(Config::parse("{grid_gco2e_per_kwh: 60, grid_source: RTE 2024}", "test"));
  EXPECT_EQ(named.grid_source, "RTE 2024");
}

TEST(EnergyConfig, RefusesWhatCannotBe) {
  EXPECT_THROW(read_energy_config(Config::parse("source: steam", "test")), Error);
  EXPECT_THROW(read_energy_config(Config::parse("pue: 0.9", "test")), Error);
  EXPECT_THROW(read_energy_config(Config::parse("watts_per_core: -1", "test")), Error);
}

}  // namespace
}  // namespace apq::energy
