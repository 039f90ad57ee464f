#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "common/energy/journal.hpp"

// The ledger of a study: what every run of every stage cost, whole, stopped or killed, and by which method that is known. It is made of the
// journals of the nodes.
namespace apq::energy {

/// What one run of a stage, or all its runs together, cost. Energies that are not known are NaN
/// here and null in JSON, never 0; a total with an unknown part is unknown.
struct StageCost {
  std::string stage;                       ///< "collect.fp", "train", ...
  double wall_s = 0;                       ///< begin to end, on the slowest node
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
  std::uint64_t killed = 0;       ///< of those: wrote no last line; one that is at work counts as such until it ends
  int ranks = 0;                  ///< of the last run
  Uses kwh_for = {};              ///< parts of kwh, which they add up to; NaN in ledgers of old
};

/// What one node gave to a run of a stage. Energies are J without PUE, NaN where unknown.
struct NodePart {
  std::string host;
  int processors = 0, gpus = 0, ranks = 0;  ///< of the node; held; of the job there
  double wall_s = 0, core_h = 0, gpu_h = 0;
  std::map<std::string, double> devices;  ///< by name: "package-0", "gpu 1", "cores"
  Uses uses;                              ///< which add up to the devices'
  std::string ended;                      ///< "whole", "early"; empty: it wrote no last line
};

/// Of all its devices.
double joules_of(NodePart const& node);

/// One run of a stage by one job.
struct StageRun {
  std::string run, job;
  JournalHeader header;         ///< of its first node
  std::string began, ended_at;  ///< UTC, ISO 8601; ended_at: of its last line
  std::vector<NodePart> nodes;  ///< in the order of their journals; none in ledgers of old
  StageCost cost;
};

/// Every run, in the order in which they began. Runs of which ledger.json alone tells, as those of old, come first.
/// @throws Error(data) naming a file that is damaged.
std::vector<StageRun> read_runs(StudyLayout const& layout);

/// Totals of all stages in the order they first ran; empty where nothing was measured. @throws as read_runs.
std::vector<StageCost> read_ledger(StudyLayout const& layout);

/// Totals of runs by stage.
std::vector<StageCost> totals_by_stage(std::vector<StageRun> const& runs);

/// Sum over stages, under the name "total".
StageCost total_of(std::vector<StageCost> const& stages);

/// A table for the terminal; unknown figures print as "-"; "early" are the runs that ended early or were killed.
std::string format_ledger(std::vector<StageCost> const& stages);

/// Writes ledger.json, a summary of the journals as they are now. Local: rank 0 calls it.
/// @throws as read_runs; Error(io) when it cannot be written.
void write_ledger(StudyLayout const& layout);

/// Totals by stage of the runs in ledger.json that wrote a last line, without a look at any journal: quick, however long a study took.
/// Empty when the file is absent. @throws Error(data) when it is damaged.
std::vector<StageCost> read_summary(StudyLayout const& layout);

}  // namespace apq::energy
