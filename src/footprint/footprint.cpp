#include "footprint/footprint.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/energy/energy_config.hpp"
#include "common/energy/grid_factors.hpp"

namespace apq::footprint {
namespace {

StageFootprint footprint_of_stage(energy::StageCost const& cost, Declared const& declared) {
  auto const site = declared.site ? cost.kwh * declared.site->gco2e_per_kwh : cost.gco2e;
  return {cost, site, cost.kwh * declared.reference.gco2e_per_kwh};
}

}  // namespace

Grid grid_of(std::string const& code_or_intensity) {
  double intensity = 0;
  auto const* const end = code_or_intensity.data() + code_or_intensity.size();
  auto const [stop, problem] = std::from_chars(code_or_intensity.data(), end, intensity);
  if (problem == std::errc() && stop == end) {
    if (!(intensity >= 0 && intensity <= 5000))
      throw Error(Errc::config,
                  fmt::format("{} gCO2e/kWh is no intensity of a grid; give 0 to 5000, or a country, e.g. DEU", code_or_intensity));
    return {intensity, "declared"};
  }
  auto const& factor = energy::grid_factor(code_or_intensity);
  return {factor.gco2e_per_kwh, factor.source(), factor.code};
}

Grid world_grid() {
  energy::EnergyConfig const usual;
  return {usual.grid_gco2e_per_kwh, usual.grid_source};
}

std::vector<energy::StageRun> at_pue(std::vector<energy::StageRun> runs, double pue) {
  for (auto& run : runs) {
    auto& cost = run.cost;
    auto const factor = pue / cost.pue;
    cost.kwh *= factor;
    cost.kwh_for = cost.kwh_for * factor;
    cost.gco2e *= factor;
    cost.pue = pue;
  }
  return runs;
}

Footprint footprint_of(std::vector<energy::StageCost> const& ledger, Declared const& declared) {
  Footprint footprint;
  footprint.reference = declared.reference;
  footprint.total.cost = energy::total_of(ledger);
  auto& total = footprint.total;
  total.cost.kwh = total.cost.gco2e = total.site_gco2e = total.reference_gco2e = 0;
  total.cost.kwh_for = {};
  for (auto const& cost : ledger) {
    auto const& stage = footprint.stages.emplace_back(footprint_of_stage(cost, declared));
    total.cost.kwh += stage.cost.kwh;
    total.cost.gco2e += stage.cost.gco2e;
    total.cost.kwh_for += stage.cost.kwh_for;
    total.site_gco2e += stage.site_gco2e;
    total.reference_gco2e += stage.reference_gco2e;
    total.cost.pue = stage.cost.pue;
  }
  footprint.site_source = declared.site ? declared.site->source : total.cost.grid_source;
  auto& sci = footprint.sci;
  sci.energy_kwh = known(total.cost.kwh);
  if (sci.energy_kwh && *sci.energy_kwh > 0) sci.intensity_gco2e_per_kwh = known(total.site_gco2e / *sci.energy_kwh);
  if (declared.embodied) {
    auto embodied = *declared.embodied;
    embodied.reserved_h = total.cost.wall_s / 3600;
    sci.embodied_gco2e = embodied_gco2e(embodied);
  }
  sci.functional_units = declared.functional_units;
  sci.functional_unit = declared.functional_unit;
  return footprint;
}

}  // namespace apq::footprint
