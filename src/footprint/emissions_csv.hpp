#pragma once

#include <optional>
#include <string>
#include <vector>

namespace apq::footprint {

/// One run as CodeCarbon writes it down, a line of its emissions.csv. Absent figures are empty cells, which its reader takes as not a
/// number. Energies are with PUE, as CodeCarbon's.
struct EmissionsRun {
  std::string timestamp;  ///< end of the run, UTC, "2026-11-27T20:15:00"
  std::string project_name, run_id, experiment_id;
  double duration_s = 0;
  std::optional<double> emissions_kg;
  std::optional<double> processor_watts, gpu_watts;  ///< means over the run
  std::optional<double> processor_kwh, gpu_kwh;      ///< absent where no meter tells the two apart
  std::optional<double> kwh;                         ///< of all
  std::string country_name, country_iso_code;
  int processors = 0, gpus = 0;
  std::string processor_model, gpu_model;
  std::optional<double> memory_gb;
  double pue = 1;
};

/// The names of CodeCarbon's columns in its order (version 3.3), which its file output compares with those of a file it appends to.
std::vector<std::string> const& emissions_columns();

/// The whole file. Cells with commas, quotes or line ends are quoted (RFC 4180).
std::string emissions_csv(std::vector<EmissionsRun> const& runs);

}  // namespace apq::footprint
