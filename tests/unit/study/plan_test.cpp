#include "study/plan.hpp"

#include <gtest/gtest.h>

using namespace apq;
using namespace apq::study;

TEST(Plan, SecondsScaleWithMacsAndImages) {
  // 2 s for 10 MACs x 100 images and 4 s for 20 x 100: 2 ms per MAC and image.
  std::vector<MeasuredSample> const measured{{2, 10, 100}, {4, 20, 100}};
  EXPECT_DOUBLE_EQ(seconds_per_sample(measured, 15, 1000), 30);
  EXPECT_DOUBLE_EQ(seconds_per_sample({}, 15, 1000), 0);
}

TEST(Plan, RanksShareWholeUnits) {
  energy::EnergyConfig energy;
  energy.watts_per_core = 20;
  energy.pue = 1.5;
  energy.grid_gco2e_per_kwh = 400;
  std::vector<StageWork> const work{{"collect", 10, 360}, {"train", 1, 3600}};
  auto const alone = plan(work, 1, energy);
  ASSERT_EQ(alone.size(), 3u);
  EXPECT_DOUBLE_EQ(alone[0].wall_h, 1);
  EXPECT_DOUBLE_EQ(alone[1].wall_h, 1);
  EXPECT_EQ(alone[2].stage, "total");
  EXPECT_DOUBLE_EQ(alone[2].wall_h, 2);
  EXPECT_DOUBLE_EQ(alone[2].core_h, 2);
  EXPECT_DOUBLE_EQ(alone[2].kwh, 2 * 0.020 * 1.5);
  EXPECT_DOUBLE_EQ(alone[2].gco2e, 2 * 0.020 * 1.5 * 400);
  auto const four = plan(work, 4, energy);
  EXPECT_DOUBLE_EQ(four[0].wall_h, 0.3);  // 3 rounds of 0.1 h
  EXPECT_DOUBLE_EQ(four[1].wall_h, 1);    // one unit cannot be shared
  EXPECT_DOUBLE_EQ(four[2].core_h, alone[2].core_h);
  EXPECT_DOUBLE_EQ(plan(work, 1000, energy)[0].wall_h, 0.1);
}

TEST(Plan, DiskGrowsWithRowsAndFiles) {
  auto const one = shard_bytes({{1000, 50}}, 100, 1), more_rows = shard_bytes({{2000, 50}}, 100, 1),
             more_ranks = shard_bytes({{1000, 50}}, 100, 64);
  EXPECT_GE(one, 1000 * 50);
  EXPECT_GT(more_rows, one);
  EXPECT_GT(more_ranks, one);
}
