#include "common/energy/energy_config.hpp"

#include "common/energy/source.hpp"

namespace apq::energy {

EnergyConfig read_energy_config(Config section) {
  EnergyConfig config;
  config.source = section.choice_or("source", config.source, source_names());
  config.watts_per_core = section.get_or("watts_per_core", config.watts_per_core, {0.0, 1000.0});
  config.watts_per_gpu = section.get_or("watts_per_gpu", config.watts_per_gpu, {0.0, 10'000.0});
  config.pue = section.get_or("pue", config.pue, {1.0, 10.0});
  if (section.has("grid_gco2e_per_kwh")) config.grid_source = "declared in the configuration";
  config.grid_gco2e_per_kwh = section.get_or("grid_gco2e_per_kwh", config.grid_gco2e_per_kwh, {0.0, 5000.0});
  config.grid_source = section.get_or("grid_source", config.grid_source);
  config.powercap = section.get_or("powercap", config.powercap.string());
  return config;
}

}  // namespace apq::energy
