#include "footprint/footprint.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "footprint/footprint_text.hpp"
#include "footprint/what_if.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;
using namespace apq::footprint;

energy::StageCost stage(std::string const& name, double wall_s, double core_h, double kwh, int ranks = 1) {
  energy::StageCost cost;
  cost.stage = name;
  cost.wall_s = wall_s;
  cost.core_h = core_h;
  cost.kwh = kwh;
  cost.pue = 1.25;
  cost.grid_gco2e_per_kwh = 100;
  cost.gco2e = kwh * 100;
  cost.grid_source = "the site's";
  cost.method = "declared 10 W per busy core";
  cost.runs = 1;
  cost.ranks = ranks;
  return cost;
}

std::vector<energy::StageCost> const ledger{stage("collect.fp", 3600, 2, 0.5, 2), stage("train", 1800, 0.5, 0.25)};

TEST(Footprint, SiteAndReferenceGridStandSideBySide) {
  auto const f = footprint_of(ledger, {});
  ASSERT_EQ(f.stages.size(), 2u);
  EXPECT_DOUBLE_EQ(f.total.cost.kwh, 0.75);
  EXPECT_DOUBLE_EQ(f.total.site_gco2e, 75) << "what the ledger was written with";
  EXPECT_DOUBLE_EQ(f.total.reference_gco2e, 0.75 * 475);
  EXPECT_EQ(f.site_source, "the site's");
  std::vector<energy::StageRun> runs(2);
  runs[0].cost = ledger[0];
  runs[1].cost = ledger[1];
  runs[1].cost.pue = 2.5;
  auto const here = footprint_of(energy::totals_by_stage(at_pue(runs, 1.0)), {.site = grid_of("DEU")});
  EXPECT_DOUBLE_EQ(here.total.cost.kwh, 0.5) << "a PUE that is declared takes the place of each run's";
  EXPECT_DOUBLE_EQ(here.total.site_gco2e, 0.5 * grid_of("DEU").gco2e_per_kwh);
}

TEST(Footprint, UnknownEnergyStaysUnknown) {
  auto unknown = ledger;
  unknown[1].kwh = unknown[1].gco2e = std::numeric_limits<double>::quiet_NaN();
  auto const f = footprint_of(unknown, {.functional_units = 4, .functional_unit = "label"});
  EXPECT_TRUE(std::isnan(f.total.cost.kwh));
  EXPECT_FALSE(f.sci.energy_kwh);
  EXPECT_FALSE(f.sci.score());
  auto const json = footprint_json(f, {}, {});
  EXPECT_NE(json.find("\"E_kwh\": null"), std::string::npos) << json;
  EXPECT_NE(json.find("\"M_gco2e\": \"not declared\""), std::string::npos) << json;
  EXPECT_NE(footprint_table(f).find("no score"), std::string::npos);
}

TEST(Footprint, ScoreByTheStandard) {
  Declared declared{.functional_units = 100, .functional_unit = "label"};
  declared.embodied = Embodied{.total_gco2e = 1e6, .lifespan_h = 4 * 365 * 24};
  auto const f = footprint_of(ledger, declared);
  EXPECT_DOUBLE_EQ(*f.sci.embodied_gco2e, 1e6 * 1.5 / (4 * 365 * 24)) << "reserved for the hour and a half that the stages took";
  EXPECT_DOUBLE_EQ(*f.sci.score(), (75 + *f.sci.embodied_gco2e) / 100);
}

TEST(Footprint, GridsAreCountriesOrNumbers) {
  EXPECT_DOUBLE_EQ(grid_of("123.5").gco2e_per_kwh, 123.5);
  EXPECT_EQ(grid_of("123.5").source, "declared");
  EXPECT_EQ(grid_of("fra").source.substr(0, 6), "France");
  test::expect_error(Errc::config, "-1 gCO2e/kWh is no intensity", [] { grid_of("-1"); });
  test::expect_error(Errc::config, "nan gCO2e/kWh is no intensity", [] { grid_of("nan"); });
  test::expect_error(Errc::config, "Atlantis is no country", [] { grid_of("Atlantis"); });
}

TEST(WhatIf, RanksShareWholePieces) {
  auto const f = footprint_of(ledger, {});
  auto const rows =
      what_if(f, {{"collect.fp", 10}}, {{.ranks = 4, .grid = {}}, {.ranks = 10, .grid = {}}, {.ranks = {}, .grid = grid_of("50")}});
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_DOUBLE_EQ(rows[0].wall_h, 1.5);
  auto const same = what_if(f, {{"collect.fp", 10}}, {{.ranks = 2, .grid = {}}})[1];
  EXPECT_DOUBLE_EQ(same.wall_h, rows[0].wall_h) << "on as many ranks as it was";
  EXPECT_DOUBLE_EQ(same.kwh, rows[0].kwh);
  // Ten pieces of 0.2 core-hours: three rounds on four ranks, one on ten; training is one rank's half hour.
  EXPECT_DOUBLE_EQ(rows[1].wall_h, 0.6 + 0.5);
  EXPECT_DOUBLE_EQ(rows[1].core_h, 2.4 + 0.5);
  EXPECT_DOUBLE_EQ(rows[1].kwh, 0.5 * 2.4 / 2 + 0.25);
  EXPECT_DOUBLE_EQ(rows[2].wall_h, 0.2 + 0.5);
  EXPECT_DOUBLE_EQ(rows[2].kwh, 0.75);
  EXPECT_DOUBLE_EQ(rows[3].gco2e, 37.5);
  EXPECT_EQ(rows[3].what, "50 gCO2e/kWh");
}

class PlannedElsewhere : public testing::Test {
 protected:
  std::vector<WhatIf> read(std::string const& text, Declared const& declared = {}) const {
    test::write_quickly(dir / "gpu_node.json", text);
    return planned(dir / "gpu_node.json", declared);
  }
  test::TempDir const dir;
  std::string const plan = R"({"format": "apq plan", "format_version": 1, "machine": {"host": "h", "processor": "P", "gpus_per_rank": 1},
 "plans": [{"ranks": 4, "stages": [{"stage": "collect.fp"},
  {"stage": "total", "wall_h": 1.5, "core_h": 6, "gpu_h": 4, "kwh": 2, "gco2e": 900}]}]})";
};

TEST_F(PlannedElsewhere, APlanOfAnotherMachineIsARow) {
  auto const rows = read(plan);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].what, "4 ranks of gpu_node");
  EXPECT_DOUBLE_EQ(rows[0].wall_h, 1.5);
  EXPECT_DOUBLE_EQ(rows[0].gpu_h, 4);
  EXPECT_DOUBLE_EQ(rows[0].gco2e, 900) << "the plan's own grid";
  EXPECT_DOUBLE_EQ(read(plan, {.site = grid_of("50")})[0].gco2e, 100) << "on the site that is declared";
}

TEST_F(PlannedElsewhere, WhatIsNoPlanIsRefused) {
  auto const with = [&](std::string const& before, std::string const& after) {
    auto text = plan;
    text.replace(text.find(before), before.size(), after);
    return text;
  };
  test::expect_error(Errc::data, "gpu_node.json", [&] { read("{}"); });
  test::expect_error(Errc::data, "has no total", [&] { read(with("\"total\"", "\"train\"")); });
  test::expect_error(Errc::data, "kwh is -2", [&] { read(with("\"kwh\": 2", "\"kwh\": -2")); });
  test::expect_error(Errc::data, "`apq plan --format json` makes it anew", [&] { read(with("\"gpu_h\": 4,", "")); });
}

}  // namespace
