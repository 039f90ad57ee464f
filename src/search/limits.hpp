#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "common/cost/cost_model.hpp"

namespace apq::search {

// Repair makes subnets cheaper, fronts run from cheap to dear, and limits are upper ones.
static_assert(std::all_of(cost::metrics.begin(), cost::metrics.end(),
                          [](cost::MetricRow const& row) { return row.direction == cost::Direction::lower_is_better; }));

struct Limit {
  cost::Metric metric;
  double value;  ///< in the unit of the metric's name; the cost may equal it
  bool operator==(Limit const&) const = default;
};

/// Upper limits that hold together, at least one. The first decides between networks of equal fitness.
using Limits = std::vector<Limit>;

/// Sum over the limits of the relative excess, 0 when all are met.
inline double violation(Limits const& limits, cost::Cost const& cost) {
  double sum = 0;
  for (auto const& limit : limits) sum += std::max(0.0, cost::value_of(cost, limit.metric) / limit.value - 1.0);
  return sum;
}

inline bool is_met(Limits const& limits, cost::Cost const& cost) {
  return std::all_of(limits.begin(), limits.end(), [&](Limit const& limit) { return cost::value_of(cost, limit.metric) <= limit.value; });
}

/// "latency_ms <= 0.5 and energy_mj <= 2".
std::string describe(Limits const& limits);

}  // namespace apq::search
