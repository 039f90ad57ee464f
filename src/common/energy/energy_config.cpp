#include "common/energy/energy_config.hpp"

#include "common/core/error.hpp"
#include "common/energy/grid_factors.hpp"

namespace apq::energy {
namespace {

void read_grid(Config& section, EnergyConfig& config) {
  config.country = section.get_or<std::string>(
      "country", "",
      {"Country whose grid feeds the site, three letters of ISO 3166-1, e.g. DEU: its intensity is data/grid_factors.csv's", "", "none"});
  if (!config.country.empty()) try {
      auto const& factor = grid_factor(config.country);
      config.country = factor.code;
      config.grid_gco2e_per_kwh = factor.gco2e_per_kwh;
      config.grid_source = factor.source();
    } catch (Error const& e) {
      section.fail("country", e.what());
    }
  if (section.has("grid_gco2e_per_kwh")) config.grid_source = "declared in the configuration";
  config.grid_gco2e_per_kwh = section.get_or<double>("grid_gco2e_per_kwh", config.grid_gco2e_per_kwh, {0.0, 5000.0},
                                                     {"Carbon intensity of the electricity", "gCO2e/kWh", "475, or the country's"});
  config.grid_source = section.get_or<std::string>("grid_source", config.grid_source,
                                                   {"Where that intensity is from, for the report", "",
                                                    "world average (IEA 2019), the country's, or declared where an intensity is set"});
}

}  // namespace

EnergyConfig read_energy_config(Config section) {
  EnergyConfig config;
  config.source = section.choice_or("source", config.source, source_names(),
                                    {"Where joules come from; auto: counters where they can be read, else what is declared below"});
  config.node_use = section.choice_or("node", config.node_use, node_use_names,
                                      {"Whether counters of a node are all this job's, or shared by processor time with others there"});
  config.beat_seconds = section.get_or<double>("beat_seconds", config.beat_seconds, {0.01, 3600.0},
                                               {"What a killed job used is known up to so long before its end", "s"});
  config.watts_per_core =
      section.get_or<double>("watts_per_core", config.watts_per_core, {0.0, 1000.0}, {"Declared power of a busy core", "W"});
  config.watts_per_gpu =
      section.get_or<double>("watts_per_gpu", config.watts_per_gpu, {0.0, 10'000.0}, {"Declared power of a GPU in use", "W"});
  config.pue = section.get_or<double>("pue", config.pue, {1.0, 10.0},
                                      {"Power usage effectiveness: what the data centre takes for each joule of its machines"});
  read_grid(section, config);
  config.powercap = section.get_or<std::string>("powercap", config.powercap.string(), {"Folder of the kernel's RAPL counters"});
  config.stat = section.get_or<std::string>("stat", config.stat.string(), {"The kernel's account of how busy a node's processors are"});
  config.nvml = section.get_or<std::string>("nvml", config.nvml, {"Library of NVIDIA's meters, loaded where GPUs are held"});
  return config;
}

}  // namespace apq::energy
