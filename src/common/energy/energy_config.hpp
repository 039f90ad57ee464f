#pragma once

#include <filesystem>
#include <string>

#include "common/core/config.hpp"

namespace apq::energy {

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

/// Keys source, watts_per_core, watts_per_gpu, pue, grid_gco2e_per_kwh, grid_source, powercap. An
/// intensity that is set without its source is recorded as declared in the configuration.
EnergyConfig read_energy_config(Config section);

}  // namespace apq::energy
