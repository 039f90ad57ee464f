#include "study/plan.hpp"

#include <gtest/gtest.h>

#include "study/sample_time.hpp"

using namespace apq;
using namespace apq::study;

TEST(SampleTime, PartsAreFoundFromThreeMeasurements) {
  SampleTime const truth{0.5, 2e-9, 1e-9};
  std::vector<MeasuredSubnet> measured;
  for (double const macs : {1e6, 3e6, 5e6}) {
    MeasuredSubnet subnet{macs, {100, 400}, {}};
    subnet.seconds = {truth(macs, {100, 400}), truth(macs, {100, 100}), truth(macs, {25, 100})};
    measured.push_back(subnet);
  }
  auto const found = sample_time(measured);
  EXPECT_NEAR(found.fixed, truth.fixed, 1e-9);
  EXPECT_NEAR(found.per_calibration, truth.per_calibration, 1e-15);
  EXPECT_NEAR(found.per_evaluation, truth.per_evaluation, 1e-15);
  EXPECT_NEAR(found(2e6, {1000, 4000}), truth(2e6, {1000, 4000}), 1e-9);
}

TEST(SampleTime, NoiseMakesNoPartNegative) {
  auto const found = sample_time({{1e6, {100, 400}, {1.0, 1.1, 1.2}}});
  EXPECT_EQ(found.per_calibration, 0);
  EXPECT_EQ(found.per_evaluation, 0);
  EXPECT_DOUBLE_EQ(found.fixed, 1.0);
}

TEST(Plan, RanksShareWholeUnitsAndHoldTheirCoresWhileTheyWait) {
  energy::EnergyConfig energy;
  energy.watts_per_core = 20;
  energy.pue = 1.5;
  energy.grid_gco2e_per_kwh = 400;
  std::vector<StageWork> const work{{"collect.fp", 10, 360}, {"train", 1, 3600}, {"train", 2, 1800}};
  auto const alone = plan(work, 1, energy);
  ASSERT_EQ(alone.size(), 3u);
  EXPECT_DOUBLE_EQ(alone[0].wall_h, 1);
  EXPECT_EQ(alone[1].stage, "train");
  EXPECT_DOUBLE_EQ(alone[1].wall_h, 2);  // both parts
  EXPECT_EQ(alone[2].stage, "total");
  EXPECT_DOUBLE_EQ(alone[2].wall_h, 3);
  EXPECT_DOUBLE_EQ(alone[2].core_h, 3);
  EXPECT_DOUBLE_EQ(alone[2].kwh, 3 * 0.020 * 1.5);
  EXPECT_DOUBLE_EQ(alone[2].gco2e, 3 * 0.020 * 1.5 * 400);
  auto const four = plan(work, 4, energy);
  EXPECT_DOUBLE_EQ(four[0].wall_h, 0.3);  // 3 rounds of 0.1 h
  EXPECT_DOUBLE_EQ(four[0].core_h, 1.2);
  EXPECT_DOUBLE_EQ(four[1].wall_h, 1.5);  // one unit cannot be shared, two take half as long together
  EXPECT_DOUBLE_EQ(four[1].core_h, 6);
  EXPECT_DOUBLE_EQ(plan(work, 1000, energy)[0].wall_h, 0.1);
}

TEST(Plan, GpusAreHeldWhileRanksEvaluate) {
  energy::EnergyConfig energy;
  energy.watts_per_core = 20;
  energy.watts_per_gpu = 300;
  energy.pue = 1.5;
  auto const stages = plan({{"collect.fp", 10, 360, 1}, {"train", 1, 3600}}, 4, energy);
  EXPECT_DOUBLE_EQ(stages[0].gpu_h, 1.2);
  EXPECT_DOUBLE_EQ(stages[0].kwh, (1.2 * 20 + 1.2 * 300) / 1000 * 1.5);
  EXPECT_DOUBLE_EQ(stages[1].gpu_h, 0);
  EXPECT_DOUBLE_EQ(stages[2].gpu_h, 1.2);
}

TEST(Plan, DiskGrowsWithRowsAndFiles) {
  auto const one = shard_bytes({{1000, 50}}, 100, 1), more_rows = shard_bytes({{2000, 50}}, 100, 1),
             more_ranks = shard_bytes({{1000, 50}}, 100, 64);
  EXPECT_GE(one, 1000 * 50);
  EXPECT_GT(more_rows, one);
  EXPECT_GT(more_ranks, one);
}
