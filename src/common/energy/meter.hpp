#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/energy/energy_config.hpp"
#include "common/energy/ledger.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::energy {

/// How a run of a stage came to its end.
enum class Ended {
  whole,
  early  ///< asked to stop, or failed on every rank alike
};

/// Measures one stage of a job: wall time, processor time of the ranks, GPU time, energy.
///
/// Energy comes from one source for the processors and one for the GPUs (source.hpp). `auto` takes the first of the table that every rank
/// can read: RAPL's package counters, else declared power (watts per busy core x processor time); GPUs are always counted with
/// declared power. The counters see the whole node, other jobs on it included. A source that is named and cannot be read gives
/// unknown energy and a warning.
class StageMeter {
 public:
  /// @param gpus  GPUs this rank holds; a GPU that ranks share is named by one of them.
  /// Collective over `comm`, which must outlive the meter.
  StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, int gpus = 0);
  /// Without `finish` nothing is recorded.
  ~StageMeter();
  StageMeter(StageMeter const&) = delete;
  StageMeter& operator=(StageMeter const&) = delete;

  /// Joules since the stage began that this rank answers for, without PUE; never falls. The ledger's figure is the sum of this over the
  /// ranks at the end, so what parts of the work took adds up to no more. NaN when unknown. Local; any
  /// thread.
  double joules() const;

  /// Ends the measurement and adds it to `ledger` on rank 0. Collective; every rank gets the
  /// stage's new total.
  /// @throws Error(data | io) alike on every rank.
  StageCost finish(std::filesystem::path const& ledger, Ended how = Ended::whole);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace apq::energy
