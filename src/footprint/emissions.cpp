#include "footprint/emissions.hpp"

#include <cmath>

#include "common/energy/grid_factors.hpp"

namespace apq::footprint {
namespace {

std::optional<double> watts(std::optional<double> kwh, double seconds, double pue) {
  return kwh && seconds > 0 ? std::optional(*kwh / pue * energy::joules_per_kwh / seconds) : std::nullopt;
}
// Without what UTC is called by: CodeCarbon's own times have none.
std::string timestamp(std::string const& utc) { return utc.substr(0, utc.find('Z')); }

EmissionsRun emissions_of(energy::StageRun const& run, std::string const& project, Declared const& declared) {
  EmissionsRun e{.timestamp = timestamp(run.ended_at),
                 .project_name = project,
                 .run_id = run.job + "/" + run.run,
                 .experiment_id = run.header.scheduler_id,
                 .duration_s = run.cost.wall_s,
                 .processor_model = run.header.processor_model,
                 .pue = run.cost.pue};
  std::optional<double> processors, gpus;
  double all = 0;
  for (auto const& node : run.nodes) {
    e.processors += node.processors;
    e.gpus += node.gpus;
    for (auto const& [device, joules] : node.devices) {
      auto const kwh = joules * e.pue / energy::joules_per_kwh;
      auto& part = energy::is_of_gpus(device) ? gpus : processors;
      part = part.value_or(0) + kwh;
      all += kwh;
    }
  }
  e.kwh = known(all);
  if (gpus) e.gpu_kwh = known(*gpus);
  // A meter of whole nodes does not tell processors and GPUs apart.
  if (processors && (gpus || e.gpus == 0)) e.processor_kwh = known(*processors);
  e.processor_watts = watts(e.processor_kwh, e.duration_s, e.pue);
  e.gpu_watts = watts(e.gpu_kwh, e.duration_s, e.pue);
  auto const intensity = declared.site ? declared.site->gco2e_per_kwh : run.cost.grid_gco2e_per_kwh;
  e.emissions_kg = known(all * intensity / 1000);
  e.country_iso_code = declared.site ? declared.site->country : run.header.country;
  if (!e.country_iso_code.empty()) e.country_name = energy::grid_factor(e.country_iso_code).country;
  return e;
}

}  // namespace

std::vector<EmissionsRun> emissions_of(std::vector<energy::StageRun> const& runs, std::string const& project, Declared const& declared) {
  std::vector<EmissionsRun> all;
  for (auto const& run : runs)
    if (!run.nodes.empty()) all.push_back(emissions_of(run, project, declared));
  return all;
}

}  // namespace apq::footprint
