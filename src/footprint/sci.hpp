#pragma once

#include <optional>
#include <string>

namespace apq::footprint {

/// What making and disposing of the hardware emitted, and which part of that a study answers for.
/// Source: ISO/IEC 21031:2024 (Software Carbon Intensity), embodied emissions: M = TE x TS x RS.
struct Embodied {
  double total_gco2e = 0;     ///< TE, of all hardware that was reserved
  double lifespan_h = 0;      ///< EL, > 0
  double reserved_h = 0;      ///< TiR
  double resource_share = 1;  ///< RS: resources reserved / all that the hardware has
};

/// M, gCO2e.
double embodied_gco2e(Embodied const& embodied);

/// Software Carbon Intensity by ISO/IEC 21031:2024: SCI = (E x I + M) / R. What is unknown or not declared is absent and makes absent what
/// depends on it, but for M: without one the score is that of operation alone and says so.
struct Sci {
  std::optional<double> energy_kwh;               ///< E, with PUE: energy of all hardware that was reserved, idle or not
  std::optional<double> intensity_gco2e_per_kwh;  ///< I, of the region's grid, without market-based measures
  std::optional<double> embodied_gco2e;           ///< M; absent: not declared
  std::optional<double> functional_units;         ///< R > 0; absent: none declared
  std::string functional_unit;                    ///< what one of them is: "label", "study"

  std::optional<double> operational_gco2e() const;  ///< O = E x I
  std::optional<double> score() const;              ///< gCO2e per functional unit; absent without E, I or R
};

}  // namespace apq::footprint
