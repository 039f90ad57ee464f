#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "common/cost/cost_model.hpp"

namespace apq::search {

struct Limit {
  cost::Metric metric;
  double value;  ///< in the unit of the metric's name; the cost may equal it
  bool operator==(Limit const&) const = default;
};

/// One scenario of a search: upper limits that hold together, at least one. The first gives the scenario its name.
using Constraint = std::vector<Limit>;

/// Sum over the limits of the relative excess, 0 when all are met.
inline double violation(Constraint const& constraint, cost::Cost const& cost) {
  double sum = 0;
  for (auto const& limit : constraint) sum += std::max(0.0, cost::value_of(cost, limit.metric) / limit.value - 1.0);
  return sum;
}

inline bool is_met(Constraint const& constraint, cost::Cost const& cost) {
  return std::all_of(constraint.begin(), constraint.end(),
                     [&](Limit const& limit) { return cost::value_of(cost, limit.metric) <= limit.value; });
}

/// "latency_ms <= 0.5 and energy_mj <= 2".
std::string describe(Constraint const& constraint);

}  // namespace apq::search
