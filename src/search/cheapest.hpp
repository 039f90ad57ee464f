#pragma once

#include <array>

#include "search/constraint.hpp"
#include "search/domain.hpp"

namespace apq::search {

/// A weight per cost::Metric, indexed by it.
using MetricWeights = std::array<double, cost::num_metrics>;

/// Genes of the domain's member with the smallest weighted sum of costs. Exact: at one image size costs add up over blocks, so
/// each block is minimised over its choices and each stage over its depths; of the sizes, all are tried. Ties: the first
/// choice in ascending order of genes.
space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, MetricWeights const& weights);
space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, cost::Metric metric);

/// A member that meets the constraint. Exact for one limit. For several, weighted minima are tried with the weight moved
/// towards the limits that are exceeded; a weighted minimum that exceeds its weighted limits proves that there is none.
/// @param where  starts the message, e.g. "study.yaml:14: search.constraints[1]".
/// @throws Error(numeric) naming the smallest feasible cost, rounded up so that it can be used as a limit.
space::Genes feasible_member(Domain const& domain, cost::CostModel const& cost_model, Constraint const& constraint,
                             std::string const& where);

}  // namespace apq::search
