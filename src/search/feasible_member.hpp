#pragma once

#include <string>

#include "search/domain.hpp"
#include "search/limits.hpp"

namespace apq::search {

/// A member that meets the limits. Exact for one limit. For several, weighted minima are tried with the weight moved
/// towards the limits that are exceeded; a weighted minimum that exceeds its weighted limits proves that there is none.
/// @param where  starts the message, e.g. "study.yaml:14: search.constraints[1]".
/// @throws Error(numeric) naming the smallest feasible cost, rounded up so that it can be used as a limit.
space::Genes feasible_member(Domain const& domain, cost::CostModel const& cost_model, Limits const& limits, std::string const& where);

}  // namespace apq::search
