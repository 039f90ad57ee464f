#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/cost/metric.hpp"

namespace apq::search {

/// One limit as written: a value, or the share of random quantised subnets that shall cost less.
struct LimitRequest {
  cost::Metric metric;
  std::optional<double> value, quantile;
};

/// One scenario as written, with where it stands in the file (for messages).
struct ScenarioRequest {
  std::vector<LimitRequest> limits;
  std::string where;
};

}  // namespace apq::search
