#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "common/energy/ledger.hpp"
#include "footprint/sci.hpp"

// What a study's ledger means in electricity and carbon. Pure functions of the ledger and of what is declared.
namespace apq::footprint {

/// Electricity of a place. Location-based: no certificates, no offsets.
struct Grid {
  double gco2e_per_kwh = 0;
  std::string source;        ///< where, of which year, by whom
  std::string country = {};  ///< ISO 3166-1 alpha-3; empty: not known
};

/// Of a code of three letters (energy/grid_factors.hpp), or a number of gCO2e/kWh, which counts as declared.
/// @throws Error(config) for anything else.
Grid grid_of(std::string const& code_or_intensity);

/// Absent: NaN, which stands for unknown in a ledger.
inline std::optional<double> known(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

/// What studies are compared on, wherever they ran: the average of the world.
Grid world_grid();

/// What the ledger does not know.
struct Declared {
  std::optional<Grid> site;  ///< absent: the grids of the ledger, run by run
  Grid reference = world_grid();
  std::optional<Embodied> embodied;  ///< of all nodes; reserved_h is the study's, whatever stands here
  std::optional<double> functional_units;
  std::string functional_unit;
};

/// A stage, or all of them. Unknown figures are NaN.
struct StageFootprint {
  energy::StageCost cost;  ///< kWh with PUE
  double site_gco2e = 0, reference_gco2e = 0;
};

struct Footprint {
  std::vector<StageFootprint> stages;
  StageFootprint total;
  std::string site_source;
  Grid reference;
  Sci sci;
};

/// Pounds of CO2e a GPU-hour behind the cost table of the APQ paper (CVPR 2020): each of its rows is GPU-hours times this.
inline constexpr double paper_lb_per_gpu_hour = 0.2836;

/// The same runs in a data centre of another power usage effectiveness.
std::vector<energy::StageRun> at_pue(std::vector<energy::StageRun> runs, double pue);

Footprint footprint_of(std::vector<energy::StageCost> const& ledger, Declared const& declared);

}  // namespace apq::footprint
