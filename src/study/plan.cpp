#include "study/plan.hpp"

#include <cmath>

namespace apq::study {

double seconds_per_sample(std::vector<MeasuredSample> const& measured, double mean_macs, std::uint64_t images) {
  double seconds = 0, work = 0;
  for (auto const& sample : measured) {
    seconds += sample.seconds;
    work += sample.macs * static_cast<double>(sample.images);
  }
  return work > 0 ? seconds / work * mean_macs * static_cast<double>(images) : 0;
}

std::vector<StagePlan> plan(std::vector<StageWork> const& work, int ranks, energy::EnergyConfig const& energy) {
  std::vector<StagePlan> stages;
  StagePlan total{"total", 0, 0, 0, 0};
  for (auto const& w : work) {
    double const rounds = std::ceil(static_cast<double>(w.units) / ranks);
    double const core_h = static_cast<double>(w.units) * w.seconds_per_unit / 3600;
    double const kwh = core_h * energy.watts_per_core / 1000 * energy.pue;
    stages.push_back({w.stage, rounds * w.seconds_per_unit / 3600, core_h, kwh, kwh * energy.grid_gco2e_per_kwh});
    total.wall_h += stages.back().wall_h;
    total.core_h += stages.back().core_h;
    total.kwh += stages.back().kwh;
    total.gco2e += stages.back().gco2e;
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
