#pragma once

#include <limits>
#include <span>
#include <vector>

// Whose energy is it: the arithmetic of a ledger, without clocks and files.
namespace apq::energy {

/// What a node's meters and clocks say of an interval.
struct Interval {
  double wall_s = 0;
  double node_joules = 0;                                    ///< of counters that see the whole node; NaN: unknown
  double own_joules = 0;                                     ///< of what is this job's alone: its GPUs, declared power; NaN: unknown
  std::vector<double> processor_s;                           ///< of each of this job's ranks on the node
  double busy_s = std::numeric_limits<double>::quiet_NaN();  ///< of all processes of the node; NaN: not known, or nobody else is there
  int processors = 1;                                        ///< of the node
};

/// Of whole-node counters a job has the whole where the node is its own, else its part by processor time: two jobs share a counter and do
/// not both count it.
enum class NodeUse { exclusive, shared };

/// How an interval's energy is shared out, J. NaN: unknown.
struct Attribution {
  double total = 0;              ///< this job's
  double idle = 0;               ///< of it, of processors that nobody used: 1 - busy / capacity of its part of the node's counters
  std::vector<double> to_ranks;  ///< the rest, by processor time; sums to total - idle but where no rank ran
  double node_part = 0;          ///< of the node's counters that is this job's, 0 to 1
  double per_processor_s = 0;    ///< J a second of a rank's processor; 0: none ran
};

Attribution attributed(Interval const& interval, NodeUse use);

}  // namespace apq::energy
