#include "study/plan.hpp"

#include <cmath>

namespace apq::study {

std::vector<StagePlan> plan(std::vector<StageWork> const& work, int ranks, energy::EnergyConfig const& energy) {
  std::vector<StagePlan> stages;
  for (auto const& part : work) {
    if (stages.empty() || stages.back().stage != part.stage) stages.push_back({.stage = part.stage});
    auto const wall_h = std::ceil(static_cast<double>(part.units) / ranks) * part.seconds_per_unit / 3600;
    stages.back().wall_h += wall_h;
    stages.back().gpu_h += part.gpus_per_rank * ranks * wall_h;
  }
  StagePlan total{.stage = "total"};
  for (auto& stage : stages) {
    stage.core_h = ranks * stage.wall_h;
    stage.kwh = (stage.core_h * energy.watts_per_core + stage.gpu_h * energy.watts_per_gpu) / 1000 * energy.pue;
    stage.gco2e = stage.kwh * energy.grid_gco2e_per_kwh;
    total.wall_h += stage.wall_h;
    total.core_h += stage.core_h;
    total.gpu_h += stage.gpu_h;
    total.kwh += stage.kwh;
    total.gco2e += stage.gco2e;
  }
  stages.push_back(total);
  return stages;
}

double shard_bytes(std::vector<RowsOf> const& stages, int shard_rows, int ranks) {
  // Beside its genes a row has an id (8), three counts, loss, seconds and joules (24); a file has its
  // header, configuration and HDF5's own structures, about 30 kB.
  constexpr double row_overhead = 32, file_overhead = 30e3;
  double bytes = 0;
  for (auto const& s : stages) {
    auto const rows = static_cast<double>(s.rows);
    double const files = ranks + rows / shard_rows + 1;
    bytes += rows * (s.genes + row_overhead) + files * file_overhead;
  }
  return bytes;
}

}  // namespace apq::study
