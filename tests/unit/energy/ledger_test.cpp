#include "common/energy/ledger.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/energy_run.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

class Ledger : public testing::Test {
 protected:
  static StageCost run_of(std::string stage, double kwh) {
    StageCost run;
    run.stage = std::move(stage);
    run.wall_s = 10;
    run.core_h = 0.5;
    run.gpu_h = 0.25;
    run.kwh = kwh;
    run.kwh_for = {.useful = 0.5 * kwh, .repeated = 0.125 * kwh, .lost = 0.125 * kwh, .idle = 0.25 * kwh};
    run.method = "declared 10 W per busy core";
    run.pue = 1.25;
    run.grid_gco2e_per_kwh = 400;
    run.grid_source = "somewhere 2024";
    run.ranks = 3;
    return run;
  }
  // Both readers, which differ in what runs without an end are.
  void expect_kwh(double kwh) const {
    EXPECT_NEAR(read_ledger(layout)[0].kwh, kwh, 1e-12);
    EXPECT_NEAR(read_summary(layout)[0].kwh, kwh, 1e-12);
  }

  test::TempDir dir;
  StudyLayout const layout{dir.path()};
};

TEST_F(Ledger, AbsentFilesAreEmpty) {
  EXPECT_TRUE(read_ledger(layout).empty());
  EXPECT_TRUE(read_summary(layout).empty());
}

TEST_F(Ledger, RunsOfAStageAddUpAndKeepTheirOrder) {
  test::add_run(layout, run_of("train", 0.5));
  test::add_run(layout, run_of("collect.fp", 0.125));
  test::add_run(layout, run_of("train", 0.25));
  for (auto const& stages : {read_ledger(layout), read_summary(layout)}) {
    ASSERT_EQ(stages.size(), 2u);
    EXPECT_EQ(stages[0].stage, "train");
    EXPECT_EQ(stages[0].runs, 2u);
    EXPECT_NEAR(stages[0].kwh, 0.75, 1e-12);
    EXPECT_NEAR(stages[0].kwh_for.useful, 0.375, 1e-12);
    EXPECT_NEAR(stages[0].kwh_for.repeated, 0.09375, 1e-12);
    EXPECT_NEAR(stages[0].kwh_for.lost, 0.09375, 1e-12);
    EXPECT_NEAR(stages[0].kwh_for.idle, 0.1875, 1e-12);
    EXPECT_DOUBLE_EQ(stages[0].wall_s, 20);
    EXPECT_DOUBLE_EQ(stages[0].core_h, 1.0);
    EXPECT_DOUBLE_EQ(stages[0].gpu_h, 0.5);
    EXPECT_NEAR(stages[0].gco2e, 300, 1e-9);
    EXPECT_EQ(stages[0].method, "declared 10 W per busy core");
    EXPECT_EQ(stages[0].grid_source, "somewhere 2024");
    EXPECT_EQ(stages[0].pue, 1.25);
    EXPECT_EQ(stages[0].ranks, 3);
    EXPECT_EQ(stages[1].runs, 1u);
    EXPECT_NEAR(total_of(stages).kwh, 0.875, 1e-12);
  }
}

TEST_F(Ledger, WhatAJournalThatIsGoneToldOfStays) {
  test::add_run(layout, run_of("train", 0.5));
  test::add_run(layout, run_of("search", 0.25));
  for (auto const& entry : std::filesystem::directory_iterator(layout.energy())) {
    std::filesystem::remove(entry.path());
    break;
  }
  EXPECT_NEAR(total_of(read_ledger(layout)).kwh, 0.75, 1e-12);
  write_ledger(layout);
  EXPECT_NEAR(total_of(read_ledger(layout)).kwh, 0.75, 1e-12) << "once, also when it is written anew";
  EXPECT_NEAR(total_of(read_summary(layout)).kwh, 0.75, 1e-12);
  std::filesystem::remove_all(layout.energy());
  EXPECT_NEAR(total_of(read_ledger(layout)).kwh, 0.75, 1e-12);
}

TEST_F(Ledger, RunsThatEndedEarlyAreAddedAndCounted) {
  auto stopped = run_of("train", 0.25);
  stopped.ended_early = 1;
  test::add_run(layout, stopped);
  test::add_run(layout, run_of("train", 0.5));
  expect_kwh(0.75);
  EXPECT_EQ(read_ledger(layout)[0].ended_early, 1u);
  EXPECT_EQ(read_summary(layout)[0].ended_early, 1u);
}

// What a killed run used and nobody claimed is lost; the summary leaves it to the job's own record.
TEST_F(Ledger, KilledRunsAreThereUpToTheirLastLine) {
  auto killed = run_of("collect.fp", 0.5);
  killed.killed = 1;
  killed.kwh_for.idle = 0;
  test::add_run(layout, killed);
  test::add_run(layout, run_of("collect.fp", 0.25));
  auto const stage = read_ledger(layout)[0];
  EXPECT_EQ(stage.runs, 2u);
  EXPECT_EQ(stage.killed, 1u);
  EXPECT_NEAR(stage.kwh, 0.75, 1e-12);
  EXPECT_NEAR(stage.kwh_for.lost, 0.0625 + 0.125 + 0.03125, 1e-12);
  auto const& parts = stage.kwh_for;
  EXPECT_NEAR(parts.useful + parts.repeated + parts.lost + parts.idle, stage.kwh, 1e-12);
  EXPECT_EQ(read_summary(layout)[0].runs, 1u);
}

TEST_F(Ledger, LedgersOfOldKeepTheirRuns) {
  replace_file(layout.ledger(), R"({"format": "apq ledger", "format_version": 1, "runs": [{"stage": "train", "wall_s": 7, "core_h": 1,
    "gpu_h": 0, "kwh": 0.5, "gco2e": 50, "method": "declared", "pue": 1, "grid_gco2e_per_kwh": 100, "grid_source": "g", "ranks": 2}]})");
  EXPECT_EQ(read_ledger(layout)[0].runs, 1u);
  EXPECT_EQ(read_ledger(layout)[0].ended_early, 0u);
  EXPECT_TRUE(std::isnan(read_ledger(layout)[0].kwh_for.useful)) << "of which no more is known than was written";
  test::add_run(layout, run_of("train", 0.25));
  expect_kwh(0.75);
  test::add_run(layout, run_of("train", 0.25));
  expect_kwh(1.0);
}

TEST_F(Ledger, UnknownIsNullAndMakesTheTotalUnknown) {
  test::add_run(layout, run_of("train", 0.5));
  test::add_run(layout, run_of("train", std::numeric_limits<double>::quiet_NaN()));
  EXPECT_NE(read_file(layout.ledger()).find("\"kwh\": null"), std::string::npos);
  auto const stages = read_ledger(layout);
  EXPECT_TRUE(std::isnan(stages[0].kwh));
  EXPECT_TRUE(std::isnan(stages[0].gco2e));
  EXPECT_DOUBLE_EQ(stages[0].core_h, 1.0);
  EXPECT_NE(format_ledger(stages).find(" -"), std::string::npos);
}

TEST_F(Ledger, NamesEveryMethodThatWasUsed) {
  test::add_run(layout, run_of("train", 1));
  auto other = run_of("train", 1);
  other.method = "rapl package counters";
  test::add_run(layout, other);
  test::add_run(layout, other);
  EXPECT_EQ(read_ledger(layout)[0].method, "declared 10 W per busy core; rapl package counters");
}

TEST_F(Ledger, DamagedFilesAreDataErrorsThatNameThem) {
  for (auto const* text : {"{\"runs\": [", "[]", "{\"format\": \"apq ledger\", \"format_version\": 9, \"runs\": []}",
                           "{\"format\": \"apq ledger\", \"format_version\": 1, \"runs\": [{}]}"}) {
    replace_file(layout.ledger(), text);
    test::expect_error(Errc::data, "ledger.json", [&] { read_ledger(layout); });
    test::expect_error(Errc::data, "ledger.json", [&] { read_summary(layout); });
    test::expect_error(Errc::data, "ledger.json", [&] { write_ledger(layout); });
    EXPECT_EQ(read_file(layout.ledger()), text);
  }
}

}  // namespace
}  // namespace apq::energy
