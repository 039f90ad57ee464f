#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::energy {

/// Section `energy` of an experiment. Every factor ends up in the ledger beside the figures it made.
struct EnergyConfig {
  std::string source = "auto";          ///< auto | rapl | declared
  double watts_per_core = 10.0;         ///< declared power of a busy core
  double watts_per_gpu = 300.0;
  double pue = 1.0;                     ///< data-centre overhead (power usage effectiveness)
  double grid_gco2e_per_kwh = 475.0;
  std::string grid_source = "world average 475 gCO2e/kWh (IEA 2019, as used by CodeCarbon)";
  std::filesystem::path powercap = "/sys/class/powercap";  ///< root of the RAPL tree, replaceable for tests
};
EnergyConfig read_energy_config(Config section);

/// What a stage cost, over all its ranks, failed and repeated runs included.
struct StageCost {
  std::string stage;      ///< "collect.fp", "train", ...
  double wall_s = 0, core_h = 0, gpu_h = 0;
  double kwh = 0;         ///< with PUE
  double gco2e = 0;
  std::string method;     ///< "rapl (package counters, node leader)" or "declared 10 W per core"
  double pue = 1, grid_gco2e_per_kwh = 0;
  std::string grid_source;
  std::uint64_t runs = 0; ///< times the stage was started
  int ranks = 0;          ///< of the last run
};

/// Measures one stage. The node's first rank reads the counters, so nothing is counted twice.
class StageMeter {
 public:
  /// Collective over `comm`.
  StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, int gpus = 0);
  ~StageMeter();
  /// Joules this rank answers for since `begin` seconds ago: its share of the node by declared or measured power. Local.
  double joules_of(double busy_seconds) const;
  /// Ends the measurement and adds it to `ledger` (JSON, replaced whole) on rank 0. Collective; returns the stage's new total.
  StageCost finish(std::filesystem::path const& ledger);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// All stages in the order they first ran; empty when the file is absent. @throws Error(data) when damaged.
std::vector<StageCost> read_ledger(std::filesystem::path const& file);
/// A table for the terminal.
std::string format_ledger(std::vector<StageCost> const& stages);

}  // namespace apq::energy
