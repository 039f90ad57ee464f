#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/core/config.hpp"

namespace apq::energy {

/// "auto" and the names of the table of sources (source.hpp), each once: what `energy.source` may be.
std::vector<std::string> source_names();

/// Section `energy` of an experiment. Every factor ends up in the ledger beside the figures it
/// made.
struct EnergyConfig {
  std::string source = "auto";   ///< auto, or a name of the table of sources (source.hpp)
  double watts_per_core = 10.0;  ///< declared power of a busy core
  double watts_per_gpu = 300.0;  ///< declared power of a GPU in use; no meter of apq reads GPUs
  double pue = 1.0;              ///< data-centre overhead (power usage effectiveness), >= 1
  double grid_gco2e_per_kwh = 475.0;
  std::string grid_source = "world average (IEA 2019, as used by CodeCarbon)";
  std::filesystem::path powercap = "/sys/class/powercap";  ///< root of the RAPL tree
};

/// An intensity that is set without its source is recorded as declared in the configuration.
inline EnergyConfig read_energy_config(Config section) {
  EnergyConfig config;
  config.source = section.choice_or("source", config.source, source_names(),
                                    {"Where joules come from; auto: counters where they can be read, else what is declared below"});
  config.watts_per_core =
      section.get_or<double>("watts_per_core", config.watts_per_core, {0.0, 1000.0}, {"Declared power of a busy core", "W"});
  config.watts_per_gpu =
      section.get_or<double>("watts_per_gpu", config.watts_per_gpu, {0.0, 10'000.0}, {"Declared power of a GPU in use", "W"});
  config.pue = section.get_or<double>("pue", config.pue, {1.0, 10.0},
                                      {"Power usage effectiveness: what the data centre takes for each joule of its machines"});
  if (section.has("grid_gco2e_per_kwh")) config.grid_source = "declared in the configuration";
  config.grid_gco2e_per_kwh = section.get_or<double>("grid_gco2e_per_kwh", config.grid_gco2e_per_kwh, {0.0, 5000.0},
                                                     {"Carbon intensity of the electricity", "gCO2e/kWh"});
  config.grid_source = section.get_or<std::string>(
      "grid_source", config.grid_source,
      {"Where that intensity is from, for the report", "", "world average (IEA 2019), or declared where an intensity is set"});
  config.powercap = section.get_or<std::string>("powercap", config.powercap.string(), {"Folder of the kernel's RAPL counters"});
  return config;
}

}  // namespace apq::energy
