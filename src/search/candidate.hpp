#pragma once

#include "common/cost/metric.hpp"
#include "common/space/subnet.hpp"

namespace apq::search {

/// A subnet the search knows: canonical quantised genes, what it costs and how good it is.
struct Candidate {
  space::Genes genes;
  cost::Cost cost;
  double fitness = 0;  ///< accuracy in [0, 1], predicted or measured
  bool operator==(Candidate const& other) const { return genes == other.genes && fitness == other.fitness; }
};

/// Strict total order of distinct candidates: higher fitness, then lower cost in `metric`, then smaller genes. So a
/// ranking never depends on the order in which candidates arrived.
inline bool is_better(Candidate const& a, Candidate const& b, cost::Metric metric) {
  if (a.fitness != b.fitness) return a.fitness > b.fitness;
  double const cost_a = cost::value_of(a.cost, metric), cost_b = cost::value_of(b.cost, metric);
  return cost_a != cost_b ? cost_a < cost_b : a.genes < b.genes;
}

}  // namespace apq::search
