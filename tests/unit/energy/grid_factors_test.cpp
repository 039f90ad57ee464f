#include "common/energy/grid_factors.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "support/error_of.hpp"

namespace {
using namespace apq;
using namespace apq::energy;

TEST(GridFactors, EveryCountryHasAFactorAYearAndACitation) {
  auto const& factors = grid_factors();
  EXPECT_GT(factors.size(), 200u);
  EXPECT_TRUE(std::is_sorted(factors.begin(), factors.end(), [](auto const& a, auto const& b) { return a.code < b.code; }));
  for (auto const& factor : factors) {
    EXPECT_EQ(factor.code.size(), 3u);
    EXPECT_FALSE(factor.country.empty()) << factor.code;
    EXPECT_GT(factor.gco2e_per_kwh, 10) << factor.code;
    EXPECT_LT(factor.gco2e_per_kwh, 1500) << factor.code;
    EXPECT_GE(factor.year, 2009) << factor.code;
  }
  EXPECT_EQ(grid_factor("DEU").source(), "Germany 2023, Our World in Data from Ember and the Energy Institute");
}

TEST(GridFactors, CodesInAnyCaseAndNamesToHelp) {
  EXPECT_EQ(grid_factor("fra").country, "France");
  EXPECT_LT(grid_factor("FRA").gco2e_per_kwh, grid_factor("POL").gco2e_per_kwh / 5);
  test::expect_error(Errc::config, "germany is no country of the table of grid factors; there are DEU Germany",
                     [] { grid_factor("germany"); });
  test::expect_error(Errc::config, "give a code of three letters (ISO 3166-1), e.g. DEU", [] { grid_factor("xyz"); });
}

}  // namespace
