#include "common/energy/attribution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace apq::energy {

Attribution attributed(Interval const& i, NodeUse use) {
  double const own_s = std::accumulate(i.processor_s.begin(), i.processor_s.end(), 0.0);
  // A clock that ticks every 10 ms may have seen less than the ranks' own clocks.
  double const busy_s = std::isfinite(i.busy_s) ? std::max(i.busy_s, own_s) : own_s;
  Attribution a;
  a.node_part = use == NodeUse::exclusive ? 1.0 : busy_s > 0 ? own_s / busy_s : 0.0;
  double const of_node = i.node_joules == 0 ? 0.0 : i.node_joules * a.node_part;
  double const capacity = i.processors * i.wall_s;
  double const unused = capacity > 0 ? std::clamp(1 - busy_s / capacity, 0.0, 1.0) : 0.0;
  a.total = of_node + i.own_joules;
  a.idle = of_node == 0 ? 0.0 : of_node * unused;
  double const active = a.total - a.idle;
  a.per_processor_s = own_s > 0 ? active / own_s : 0.0;
  for (double const s : i.processor_s) a.to_ranks.push_back(a.per_processor_s * s);
  return a;
}

}  // namespace apq::energy
