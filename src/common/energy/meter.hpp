#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/energy/energy_config.hpp"
#include "common/energy/journal.hpp"
#include "common/energy/ledger.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::energy {

/// Whose energy: goes into the journals' first lines.
struct JobOfMeter {
  std::filesystem::path directory;  ///< of the study's journals; empty: none is written
  std::string token;                ///< of the job, alike on all ranks
};

/// Who claims a stage's energy.
enum class Claims {
  by_rows,  ///< what became a row, or did not (StageMeter::claim); the rest is idle
  whole     ///< all of it is useful when the stage ends whole, and lost when it does not
};

/// Measures one stage of a job: wall time, processor time of the ranks, GPU time, energy. On each node the first rank leads: it looks at
/// the meters twice a second, shares out what was used by processor time, and every energy.beat_seconds appends a line to the node's
/// journal, so that what a killed job used is known up to its last line.
///
/// Energy comes from one source for the processors and one for the GPUs (source.hpp). `auto` takes the first of the table that can be read
/// on every node. A source that is named and cannot be read gives unknown energy and a warning.
class StageMeter {
 public:
  /// @param gpus  that this rank holds (Holding::gpus); one that ranks share is named by each and counts once
  /// Collective over `comm`, which must outlive the meter. @throws Error(io) alike on every rank where the journals' directory cannot be
  /// written.
  StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, JobOfMeter const& job, Claims claims,
             std::vector<std::string> const& gpus = {});
  /// Without `finish` the journal has no last line: the run counts as one that was killed.
  ~StageMeter();
  StageMeter(StageMeter const&) = delete;
  StageMeter& operator=(StageMeter const&) = delete;

  /// Joules since the stage began that this rank answers for, without PUE; since the last look at the rate of then, so that it may fall a
  /// little. Its part of its node's energy by processor time, so
  /// what parts of the work took adds up to no more than the journal has. NaN when unknown. Local; any thread.
  double joules() const;
  /// Energy that a piece of work took, by `joules`, was used so. Local; any thread.
  void claim(double Uses::*use, double joules);
  /// Of a stage whose energy is claimed whole: what this rank answers for until now, or since this was called before, was used so: it went
  /// into a checkpoint that a stop does not undo, or into what was there already. By every rank. Local; the thread that works.
  void claim_until_now(double Uses::*use);
  /// What the stage makes was there already for the same inputs: what claim_until_now() calls useful is repeated. Local.
  void repeats();

  /// Ends the measurement with the journals' last lines. Collective, also in its errors. @throws Error(io) where one could not be written.
  void finish(Ended how = Ended::whole);
  /// Ends it as if it had never begun, but for what a journal holds of it already: that ended early. Collective. @throws as finish.
  void dismiss();

 private:
  void end(Ended how, bool if_begun);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace apq::energy
