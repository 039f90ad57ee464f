#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/energy/energy_config.hpp"
#include "common/energy/ledger.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::energy {

/// Measures one stage of a job: wall time, processor time of the ranks, GPU time, energy.
///
/// Source `auto` takes the RAPL package counters when every node can read them, else declared power
/// (watts per busy core x processor time). The first rank of a node reads that node's counters and
/// answers for it, so energy counts once per node whatever the number of ranks. The counters see
/// the whole node, other jobs on it included. GPUs are always counted with declared power. `rapl`
/// without readable counters gives unknown energy and a warning.
class StageMeter {
 public:
  /// @param gpus  GPUs this rank holds; a GPU that ranks share is named by one of them.
  /// Collective over `comm`, which must outlive the meter.
  StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, int gpus = 0);
  /// Without `finish` nothing is recorded.
  ~StageMeter();
  StageMeter(StageMeter const&) = delete;
  StageMeter& operator=(StageMeter const&) = delete;

  /// Joules this rank answers for when it was busy for so long just now, without PUE: declared
  /// power, or its share of the node's mean measured power. NaN when unknown. Local.
  double joules_of(double busy_seconds) const;

  /// Ends the measurement and adds it to `ledger` on rank 0. Collective; every rank gets the
  /// stage's new total.
  /// @throws Error(data | io) alike on every rank.
  StageCost finish(std::filesystem::path const& ledger);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace apq::energy
