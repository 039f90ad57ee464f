#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "common/core/enum_names.hpp"
#include "common/energy/attribution.hpp"

namespace apq::energy {

/// "auto" and the names of the table of sources (source.hpp), each once: what `energy.source` may be.
std::vector<std::string> source_names();

inline constexpr EnumNames<NodeUse, 2> node_use_names({{NodeUse::shared, "shared"}, {NodeUse::exclusive, "exclusive"}});

/// Section `energy` of an experiment. Every factor ends up in the ledger beside the figures it
/// made.
struct EnergyConfig {
  std::string source = "auto";   ///< auto, or a name of the table of sources (source.hpp)
  double watts_per_core = 10.0;  ///< declared power of a busy core
  double watts_per_gpu = 300.0;  ///< declared power of a GPU in use
  NodeUse node_use = NodeUse::shared;
  double beat_seconds = 5.0;  ///< between two lines of a node's journal
  double pue = 1.0;           ///< data-centre overhead (power usage effectiveness), >= 1
  double grid_gco2e_per_kwh = 475.0;
  std::string grid_source = "world average (IEA 2019, as used by CodeCarbon)";
  std::string country;                                     ///< ISO 3166-1 alpha-3, where the grid's factor is its; else empty
  std::filesystem::path powercap = "/sys/class/powercap";  ///< root of the RAPL tree
  std::filesystem::path stat = "/proc/stat";               ///< how busy the node is
  std::string nvml = "libnvidia-ml.so.1";                  ///< library of NVIDIA's meters, loaded where GPUs are held
};

/// An intensity that is set without its source is recorded as declared in the configuration.
/// @throws Error(config), also for a country that the table of grid factors has not.
EnergyConfig read_energy_config(Config section);

}  // namespace apq::energy
