#include "footprint/sci.hpp"

#include <gtest/gtest.h>

namespace {
using namespace apq::footprint;

// ISO/IEC 21031:2024, embodied emissions: 1,000 kg over four years, reserved for an hour, come to around 28 g.
TEST(Sci, EmbodiedShareIsThatOfTheStandardsExample) {
  EXPECT_DOUBLE_EQ(embodied_gco2e({.total_gco2e = 1'000'000, .lifespan_h = 4 * 365 * 24, .reserved_h = 1}), 1'000'000.0 / 35'040);
  EXPECT_NEAR(embodied_gco2e({.total_gco2e = 1'000'000, .lifespan_h = 4 * 365 * 24, .reserved_h = 1}), 28.538812785388128, 1e-14);
  EXPECT_NEAR(embodied_gco2e({.total_gco2e = 1'000'000, .lifespan_h = 4 * 365 * 24, .reserved_h = 1, .resource_share = 0.25}),
              7.134703196347032, 1e-15);
}

TEST(Sci, ScoreIsPerFunctionalUnit) {
  Sci const sci{.energy_kwh = 2, .intensity_gco2e_per_kwh = 381, .embodied_gco2e = 28, .functional_units = 10, .functional_unit = "label"};
  EXPECT_DOUBLE_EQ(*sci.operational_gco2e(), 762);
  EXPECT_DOUBLE_EQ(*sci.score(), 79);
}

TEST(Sci, WhatIsNotKnownIsAbsent) {
  Sci sci{.energy_kwh = 2, .intensity_gco2e_per_kwh = 381, .embodied_gco2e = {}, .functional_units = {}, .functional_unit = {}};
  EXPECT_FALSE(sci.score()) << "no functional unit";
  sci.functional_units = 4;
  EXPECT_DOUBLE_EQ(*sci.score(), 190.5) << "of operation alone: embodied emissions are not declared";
  sci.energy_kwh.reset();
  EXPECT_FALSE(sci.operational_gco2e());
  EXPECT_FALSE(sci.score());
}

}  // namespace
