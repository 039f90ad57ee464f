#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/energy/energy_config.hpp"
#include "common/energy/journal.hpp"
#include "common/energy/source.hpp"

namespace apq::energy {

/// What the ranks of a node share while a stage is metered: a view of memory that all of them see.
class NodeAccount {
 public:
  struct Rank {
    double processor_s = 0;      ///< at the leader's last look
    double joules = 0;           ///< that this rank answers for, until then
    double per_processor_s = 0;  ///< J a second of its processor since, as far as is known
    double told_s = 0;           ///< its own word for its processor time, where the leader cannot see its clock
  };
  static std::size_t bytes(int num_ranks);
  /// `memory` holds bytes(num_ranks), zeroed by one rank (`begin`) before any other touches it.
  NodeAccount(std::span<std::uint8_t> memory, int num_ranks);
  void begin();

  /// Energy of a rank up to a moment of its own processor's clock, J: what is known at the leader's last look and, since then, at the last
  /// rate. NaN: unknown.
  double joules(int rank, double processor_s);
  void add(double Uses::*use, double joules);
  Uses uses();
  double told_s(int rank);
  /// After a look of the leader.
  void settle(std::vector<double> const& processor_s, std::vector<double> const& joules, double per_processor_s);
  /// Before the first one.
  void begin_rank(int rank, double processor_s, double per_processor_s);

 private:
  struct State;
  State* state_;
  Rank* ranks_;
  int num_ranks_;
};

/// The leader's part: looks at meters and clocks, shares out what was used, and sums up beats. Local; one thread at a time.
class NodeMeter {
 public:
  /// A rank of the node, as the leader finds its clock.
  struct Process {
    int id = 0;
    bool is_visible = true;  ///< counts in the leader's table of processes
  };
  NodeMeter(EnergyConfig const& config, std::vector<std::unique_ptr<Device>> devices, std::vector<Process> processes, int num_gpus,
            NodeAccount account);

  /// A look; often, so that energy is shared out by what ranks did when it was used.
  void look();
  /// What was used since the last call, with what was claimed of it; `ended` settles the rest of the run: what no row claimed of an energy
  /// that rows claim is idle, of any other useful (whole; repeated where `repeats`) or lost (early).
  Beat take(bool rows_claim, std::string const& ended, bool repeats = false);

  /// So far, without PUE; NaN: unknown.
  double joules() const;
  double wall_s() const { return elapsed_.wall_s; }
  double processor_s() const { return elapsed_.processor_s; }

 private:
  double now() const;
  std::vector<double> processor_times();
  EnergyConfig const config_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<Process> processes_;
  int num_gpus_;
  NodeAccount account_;
  double start_ = 0;
  Elapsed elapsed_;
  std::vector<double> processor_begin_, processor_s_, rank_joules_;
  double node_busy_s_ = 0;
  bool knows_busy_ = false;
  std::map<std::string, double> seen_, own_;  // by device: its reading, and this job's part of it so far
  double idle_ = 0, carried_ = 0;             // of unused processors; used while no rank ran
  // What `take` gave out already.
  Elapsed taken_;
  std::map<std::string, double> taken_own_;
  Uses taken_uses_;
};

}  // namespace apq::energy
