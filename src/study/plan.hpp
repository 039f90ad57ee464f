#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/energy/energy_config.hpp"

// What a study will take, worked out from a handful of measured samples. Pure functions; `apq plan`
// measures.
namespace apq::study {

/// One sample that was really evaluated, on fewer images than the study will use.
struct MeasuredSample {
  double seconds;
  double macs;
  std::uint64_t images;  ///< calibrated on, recalibrated on and evaluated, together
};

/// Seconds that the average sample takes: time is taken as proportional to MACs x images, which
/// evens out that a handful of subnets is larger or smaller than most.
/// @param mean_macs  over many random subnets of the stage.
/// @param images     per sample in the study.
double seconds_per_sample(std::vector<MeasuredSample> const& measured, double mean_macs, std::uint64_t images);

/// The work of a stage on one core.
struct StageWork {
  std::string stage;
  std::uint64_t units;      ///< samples, or fits: what ranks can share
  double seconds_per_unit;  ///< on one core
};

/// What a stage will take on so many ranks.
struct StagePlan {
  std::string stage;
  double wall_h, core_h, kwh, gco2e;
};

/// One entry per stage and a last one, "total". A rank works through whole units, so a stage lasts
/// ceil(units / ranks) of them. Energy is declared watts per busy core with the data centre's PUE;
/// ranks that wait are not counted.
std::vector<StagePlan> plan(std::vector<StageWork> const& work, int ranks, energy::EnergyConfig const& energy);

/// The rows of a stage and the number of genes of each.
struct RowsOf {
  std::uint64_t rows;
  int genes;
};
/// Bytes of a study's shards: rows of genes and counts, and the fixed part of each file.
double shard_bytes(std::vector<RowsOf> const& stages, int shard_rows, int ranks);

}  // namespace apq::study
