#include "search/feasible_member.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "search/cheapest.hpp"

namespace apq::search {
namespace {

/// Six significant digits, never below the value.
std::string rounded_up(double value) {
  double const unit = std::pow(10.0, std::floor(std::log10(value)) - 5);
  double rounded = std::ceil(value / unit) * unit;
  auto text = fmt::format("{:.6g}", rounded);
  while (std::stod(text) < value) text = fmt::format("{:.6g}", rounded += unit);
  return text;
}

}  // namespace

space::Genes feasible_member(Domain const& domain, cost::CostModel const& cost_model, Limits const& limits, std::string const& where) {
  for (auto const& limit : limits) {
    auto genes = cheapest(domain, cost_model, limit.metric);
    auto const cost = cost_model(genes);
    if (double const smallest = cost::value_of(cost, limit.metric); smallest > limit.value)
      throw Error(Errc::numeric, fmt::format("{}: {} <= {:.6g} leaves no subnet; the smallest feasible {} is {}", where,
                                             cost::name_of(limit.metric), limit.value, cost::name_of(limit.metric), rounded_up(smallest)));
    if (is_met(limits, cost)) return genes;
  }
  // Multiplicative weights: what is exceeded counts for more in the next minimum.
  constexpr int max_rounds = 64;
  std::vector<double> emphasis(limits.size(), 1.0 / static_cast<double>(limits.size()));
  cost::Cost closest{};
  double smallest_violation = std::numeric_limits<double>::infinity();
  for (int round = 0; round < max_rounds; ++round) {
    MetricWeights weights{};
    for (std::size_t i = 0; i < limits.size(); ++i) weights[static_cast<std::size_t>(limits[i].metric)] += emphasis[i] / limits[i].value;
    auto genes = cheapest(domain, cost_model, weights);
    auto const cost = cost_model(genes);
    if (is_met(limits, cost)) return genes;
    if (double const v = violation(limits, cost); v < smallest_violation) {
      smallest_violation = v;
      closest = cost;
    }
    if (weighted(cost, weights) > 1 + 1e-12) break;  // the emphases sum to 1: no member can meet all limits
    double sum = 0;
    for (std::size_t i = 0; i < limits.size(); ++i)
      sum += emphasis[i] *= std::exp(4 * (cost::value_of(cost, limits[i].metric) / limits[i].value - 1));
    for (auto& e : emphasis) e /= sum;
  }
  std::string reached;
  for (auto const& limit : limits)
    reached +=
        fmt::format("{}{} {}", reached.empty() ? "" : ", ", cost::name_of(limit.metric), rounded_up(cost::value_of(closest, limit.metric)));
  throw Error(Errc::numeric, fmt::format("{}: no subnet was found with {}; one that comes close has {}", where, describe(limits), reached));
}

}  // namespace apq::search
