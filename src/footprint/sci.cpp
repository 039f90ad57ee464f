#include "footprint/sci.hpp"

namespace apq::footprint {

double embodied_gco2e(Embodied const& e) { return e.total_gco2e * (e.reserved_h / e.lifespan_h) * e.resource_share; }

std::optional<double> Sci::operational_gco2e() const {
  if (!energy_kwh || !intensity_gco2e_per_kwh) return std::nullopt;
  return *energy_kwh * *intensity_gco2e_per_kwh;
}

std::optional<double> Sci::score() const {
  auto const operational = operational_gco2e();
  if (!operational || !functional_units) return std::nullopt;
  return (*operational + embodied_gco2e.value_or(0)) / *functional_units;
}

}  // namespace apq::footprint
