#include "common/cost/metric.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"

namespace apq::cost {

Metric metric_from_name(std::string const& name) {
  std::vector<char const*> names;
  for (auto const& row : metrics) {
    if (name == row.name) return row.metric;
    names.push_back(row.name);
  }
  throw Error(Errc::config, fmt::format("{}: is not a cost; choose one of: {}", name, fmt::join(names, ", ")));
}

std::string column_title(MetricRow const& row) { return fmt::format("{} {}", row.title, row.column.unit); }

std::string column_cell(MetricRow const& row, double value) {
  return std::isnan(value) ? std::string("-") : fmt::format("{:.{}f}", value * row.column.factor, row.column.decimals);
}

Cost with_basis_metrics(Cost cost, double value) {
  for (auto const& row : metrics)
    if (row.coverage == Coverage::basis) cost.*row.field = value;
  return cost;
}

}  // namespace apq::cost
