#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/energy/energy_config.hpp"

// What a study will take, worked out from what a handful of its units took. Pure functions; measure_work.hpp measures.
namespace apq::study {

/// A part of a stage: equal units that ranks share.
struct StageWork {
  std::string stage;        ///< as the ledger names it
  std::uint64_t units;      ///< samples, fits, networks, ...; of what ranks share evenly, so many that rounding does not show
  double seconds_per_unit;  ///< of one core
  int gpus_per_rank = 0;    ///< held meanwhile
};

/// What a stage will take on so many ranks.
struct StagePlan {
  std::string stage;
  double wall_h = 0, core_h = 0, gpu_h = 0, kwh = 0, gco2e = 0;
};

/// One entry per stage, its parts one after the other, and a last one, "total". A rank works through whole units, so a part lasts
/// ceil(units / ranks) of them; a rank that waits for the others keeps its core busy, as MPI's waiting does. Energy is declared watts per
/// busy core and per GPU held, with the data centre's PUE.
std::vector<StagePlan> plan(std::vector<StageWork> const& work, int ranks, energy::EnergyConfig const& energy);

/// The rows of a stage and the number of genes of each.
struct RowsOf {
  std::uint64_t rows;
  int genes;
};
/// Bytes of a study's shards: rows of genes and counts, and the fixed part of each file.
double shard_bytes(std::vector<RowsOf> const& stages, int shard_rows, int ranks);

}  // namespace apq::study
