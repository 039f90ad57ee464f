#pragma once

#include <array>

#include "common/cost/cost_model.hpp"
#include "search/domain.hpp"

namespace apq::search {

/// A weight per cost::Metric, indexed by it.
using MetricWeights = std::array<double, cost::num_metrics>;

/// Sum of the metrics, each times its weight; those without weight may be unknown.
double weighted(cost::Cost const& cost, MetricWeights const& weights);

/// Genes of the domain's member with the smallest weighted sum of costs. Exact: at one image size costs add up over blocks, so
/// each block is minimised over its choices and each stage over its depths; of the sizes, all are tried. Ties: the first
/// choice in ascending order of genes.
space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, MetricWeights const& weights);
space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, cost::Metric metric);

}  // namespace apq::search
