#include "common/energy/ledger.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

StageCost run_of(std::string stage, double kwh) {
  StageCost run;
  run.stage = std::move(stage);
  run.wall_s = 10;
  run.core_h = 0.5;
  run.gpu_h = 0.25;
  run.kwh = kwh;
  run.gco2e = kwh * 400;
  run.method = "declared 10 W per busy core";
  run.pue = 1.2;
  run.grid_gco2e_per_kwh = 400;
  run.grid_source = "somewhere 2024";
  run.ranks = 3;
  return run;
}

TEST(Ledger, AbsentFileIsEmpty) {
  test::TempDir const dir;
  EXPECT_TRUE(read_ledger(dir / "ledger.json").empty());
}

TEST(Ledger, RoundTripAddsRunsOfAStageAndKeepsOrder) {
  test::TempDir const dir;
  auto const file = dir / "ledger.json";
  add_run(file, run_of("train", 0.5));
  add_run(file, run_of("collect.fp", 0.125));
  auto const total = add_run(file, run_of("train", 0.25));
  EXPECT_EQ(total.runs, 2u);
  EXPECT_DOUBLE_EQ(total.kwh, 0.75);
  auto const stages = read_ledger(file);
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages[0].stage, "train");
  EXPECT_DOUBLE_EQ(stages[0].wall_s, 20);
  EXPECT_DOUBLE_EQ(stages[0].core_h, 1.0);
  EXPECT_DOUBLE_EQ(stages[0].gpu_h, 0.5);
  EXPECT_DOUBLE_EQ(stages[0].gco2e, 300);
  EXPECT_EQ(stages[0].method, "declared 10 W per busy core");
  EXPECT_EQ(stages[0].grid_source, "somewhere 2024");
  EXPECT_EQ(stages[0].pue, 1.2);
  EXPECT_EQ(stages[0].grid_gco2e_per_kwh, 400);
  EXPECT_EQ(stages[0].ranks, 3);
  EXPECT_EQ(stages[1].runs, 1u);
  EXPECT_DOUBLE_EQ(total_of(stages).kwh, 0.875);
}

TEST(Ledger, RunsThatEndedEarlyAreAddedAndCounted) {
  test::TempDir const dir;
  auto const file = dir / "ledger.json";
  auto stopped = run_of("train", 0.25);
  stopped.ended_early = 1;
  add_run(file, stopped);
  auto const total = add_run(file, run_of("train", 0.5));
  EXPECT_EQ(total.runs, 2u);
  EXPECT_EQ(total.ended_early, 1u);
  EXPECT_DOUBLE_EQ(read_ledger(file)[0].kwh, 0.75);
  EXPECT_EQ(read_ledger(file)[0].ended_early, 1u);
}

TEST(Ledger, OlderOnesHoldFinishedRunsAlone) {
  test::TempDir const dir;
  auto const file = dir / "ledger.json";
  add_run(file, run_of("train", 0.5));
  auto text = read_file(file);
  std::string const field = "\"ended_early\": false";
  auto const at = text.find(field);
  ASSERT_NE(at, std::string::npos);
  text.erase(text.rfind(',', at), at + field.size() - text.rfind(',', at));
  replace_file(file, text);
  EXPECT_EQ(read_ledger(file)[0].runs, 1u);
  EXPECT_EQ(read_ledger(file)[0].ended_early, 0u);
}

TEST(Ledger, UnknownIsNullAndMakesTheTotalUnknown) {
  test::TempDir const dir;
  auto const file = dir / "ledger.json";
  add_run(file, run_of("train", 0.5));
  add_run(file, run_of("train", std::numeric_limits<double>::quiet_NaN()));
  EXPECT_NE(read_file(file).find("\"kwh\": null"), std::string::npos);
  auto const stages = read_ledger(file);
  EXPECT_TRUE(std::isnan(stages[0].kwh));
  EXPECT_TRUE(std::isnan(stages[0].gco2e));
  EXPECT_DOUBLE_EQ(stages[0].core_h, 1.0);
  EXPECT_NE(format_ledger(stages).find(" -"), std::string::npos);
}

TEST(Ledger, NamesEveryMethodThatWasUsed) {
  test::TempDir const dir;
  auto const file = dir / "ledger.json";
  add_run(file, run_of("train", 1));
  auto other = run_of("train", 1);
  other.method = "rapl package counters";
  add_run(file, other);
  add_run(file, other);
  EXPECT_EQ(read_ledger(file)[0].method, "declared 10 W per busy core; rapl package counters");
}

TEST(Ledger, DamagedFileIsADataErrorThatNamesIt) {
  test::TempDir const dir;
  auto const file = dir / "ledger.json";
  for (auto const* text : {"{\"runs\": [", "[]", "{\"format\": \"apq ledger\", \"format_version\": 9, \"runs\": []}",
                           "{\"format\": \"apq ledger\", \"format_version\": 1, \"runs\": [{}]}"}) {
    replace_file(file, text);
    try {
      read_ledger(file);
      FAIL() << text;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      EXPECT_NE(std::string(e.what()).find("ledger.json"), std::string::npos);
    }
    EXPECT_THROW(add_run(file, run_of("train", 1)), Error);
    EXPECT_EQ(read_file(file), text);
  }
}

}  // namespace
}  // namespace apq::energy
