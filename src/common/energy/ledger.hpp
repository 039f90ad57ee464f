#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// The ledger of a study: what every run of every stage cost that came to its end or ended early in order, and by which method that is
// known.
namespace apq::energy {

/// What one run of a stage, or all its runs together, cost. Energies that are not known are NaN
/// here and null in JSON, never 0; a total with an unknown part is unknown. The work of a run that
/// was killed before its end is not in it: nobody was left to write it down.
struct StageCost {
  std::string stage;                       ///< "collect.fp", "train", ...
  double wall_s = 0;                       ///< begin to end on the slowest rank
  double core_h = 0;                       ///< processor time of all ranks (user and system)
  double gpu_h = 0;                        ///< GPUs held x wall time
  double kwh = 0;                          ///< with PUE
  double gco2e = 0;                        ///< kwh x grid intensity
  std::string method;                      ///< "rapl package counters ..." or "declared 10 W per busy core"; several
                                           ///< when runs differ
  double pue = 1, grid_gco2e_per_kwh = 0;  ///< of the last run
  std::string grid_source;
  std::uint64_t runs = 0;         ///< in this figure
  std::uint64_t ended_early = 0;  ///< of those: were asked to stop, or failed on all ranks alike
  int ranks = 0;                  ///< of the last run
};

/// Adds one run to the ledger, replaced whole, and returns its stage's new total. Local: rank 0
/// calls it.
/// @throws Error(data) when the ledger there is damaged, Error(io) when it cannot be written.
StageCost add_run(std::filesystem::path const& ledger, StageCost const& run);

/// Totals of all stages in the order they first ran; empty when the file is absent. @throws
/// Error(data) when damaged.
std::vector<StageCost> read_ledger(std::filesystem::path const& file);

/// Sum over stages, under the name "total".
StageCost total_of(std::vector<StageCost> const& stages);

/// A table for the terminal; unknown figures print as "-"; "early" are the runs that ended early.
std::string format_ledger(std::vector<StageCost> const& stages);

}  // namespace apq::energy
