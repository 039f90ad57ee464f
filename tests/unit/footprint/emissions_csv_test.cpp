#include "footprint/emissions_csv.hpp"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace {
using namespace apq::footprint;

std::string cell_of(std::string const& line, std::string const& column) {
  auto const& columns = emissions_columns();
  auto const at = std::find(columns.begin(), columns.end(), column) - columns.begin();
  std::istringstream cells(line);
  std::string cell;
  for (auto i = 0; i <= at; ++i) std::getline(cells, cell, ',');
  return cell;
}

EmissionsRun run() {
  return {.timestamp = "2026-01-02T03:04:05",
          .project_name = "quickstart",
          .run_id = "a1",
          .experiment_id = "123",
          .duration_s = 100,
          .emissions_kg = 0.5,
          .processor_watts = 40.0,
          .gpu_watts = {},
          .processor_kwh = 0.25,
          .gpu_kwh = {},
          .kwh = 0.25,
          .country_name = "Germany",
          .country_iso_code = "DEU",
          .processors = 2,
          .gpus = 0,
          .processor_model = "P",
          .gpu_model = {},
          .memory_gb = {},
          .pue = 1.2};
}

TEST(EmissionsCsv, HasAHeaderAndALineARun) {
  auto const text = emissions_csv({run(), run()});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_TRUE(text.starts_with("timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,"));
  auto const line = text.substr(text.find('\n') + 1);
  EXPECT_EQ(cell_of(line, "emissions_rate"), "0.005");
  EXPECT_EQ(cell_of(line, "energy_consumed"), "0.25");
  EXPECT_EQ(cell_of(line, "pue"), "1.2");
  EXPECT_EQ(cell_of(line, "country_iso_code"), "DEU");
}

TEST(EmissionsCsv, UnknownIsEmptyAndNeverZero) {
  auto unknown = run();
  unknown.emissions_kg.reset();
  unknown.gpus = 1;  // of which nothing is known: then all of it is not known either
  unknown.kwh.reset();
  auto const text = emissions_csv({unknown});
  auto const line = text.substr(text.find('\n') + 1);
  for (auto const* column : {"emissions", "emissions_rate", "gpu_energy", "energy_consumed", "ram_energy", "longitude"})
    EXPECT_EQ(cell_of(line, column), "") << column;
  EXPECT_EQ(cell_of(line, "cpu_energy"), "0.25");
}

TEST(EmissionsCsv, QuotesWhatWouldBreakALine) {
  auto odd = run();
  odd.project_name = "a,\"b\"\nc";
  EXPECT_NE(emissions_csv({odd}).find("2026-01-02T03:04:05,\"a,\"\"b\"\"\nc\",a1,"), std::string::npos);
}

}  // namespace
