#include "common/energy/source.hpp"

#include <cmath>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

SourceKind const& kind(std::string const& name, Part part) {
  for (auto const& k : source_kinds())
    if (k.name == name && k.part == part) return k;
  throw Error(Errc::internal, name + " is not in the table");
}

TEST(EnergySources, EveryPartEndsWithOneThatIsAlwaysAvailable) {
  EnergyConfig config;
  config.powercap = "/nowhere";
  for (auto part : {Part::processors, Part::gpus}) {
    SourceKind const* last = nullptr;
    for (auto const& k : source_kinds())
      if (k.part == part) last = &k;
    ASSERT_NE(last, nullptr);
    EXPECT_TRUE(last->is_available(config, {}));
  }
  EXPECT_FALSE(kind("rapl", Part::processors).is_available(config, {}));
}

TEST(EnergySources, TheConfigurationTakesTheirNames) {
  EXPECT_EQ(source_names(), (std::vector<std::string>{"auto", "rapl", "declared"}));
  auto const read = [](std::string const& text) { return read_energy_config(Config::parse(text, "e.yaml")).source; };
  for (auto const& name : source_names()) EXPECT_EQ(read("source: " + name), name);
  EXPECT_THROW(read("source: steam"), Error);
}

TEST(EnergySources, DeclaredPowerIsWattsTimesTheClockOfThePart) {
  EnergyConfig config;
  config.watts_per_core = 7;
  config.watts_per_gpu = 200;
  Elapsed const elapsed{.wall_s = 10, .processor_s = 3};
  EXPECT_DOUBLE_EQ(kind("declared", Part::processors).make(config, {4, 2})->joules(elapsed), 21);
  EXPECT_DOUBLE_EQ(kind("declared", Part::gpus).make(config, {4, 2})->joules(elapsed), 4000);
  EXPECT_DOUBLE_EQ(kind("declared", Part::gpus).make(config, {4, 0})->joules(elapsed), 0);
}

TEST(EnergySources, RaplIsSharedByTheRanksOfTheNodeAndUnknownOnceItCannotBeRead) {
  test::TempDir const directory;
  auto const zone = directory / "intel-rapl:0";
  std::filesystem::create_directories(zone);
  auto const set = [&](char const* file, std::string const& text) { std::ofstream(zone / file) << text << '\n'; };
  set("name", "package-0");
  set("max_energy_range_uj", "262143328850");
  set("energy_uj", "1000000");
  EnergyConfig config;
  config.powercap = directory.path();
  EXPECT_TRUE(kind("rapl", Part::processors).is_available(config, {}));
  auto const source = kind("rapl", Part::processors).make(config, {.node_ranks = 4});
  set("energy_uj", "9000000");
  EXPECT_DOUBLE_EQ(source->joules({}), 2);
  std::filesystem::remove(zone / "energy_uj");
  EXPECT_TRUE(std::isnan(source->joules({})));
}

}  // namespace
}  // namespace apq::energy
