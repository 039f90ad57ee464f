#include "search/cheapest.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::search {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

double weighted(cost::Cost const& cost, MetricWeights const& weights) {
  double sum = 0;
  for (auto const metric : all_metrics)
    if (double const w = weights[static_cast<std::size_t>(metric)]; w > 0) sum += w * cost::value_of(cost, metric);
  return sum;
}

/// Calls `visit(genes of the block)` for every allowed combination.
template <class Visit>
void for_each_choice(Domain const& domain, int block, Visit const& visit) {
  auto const positions = domain.positions(block);
  std::array<std::uint8_t, Domain::genes_per_block> genes{};
  auto const descend = [&](auto const& self, int depth) -> void {
    if (depth == Domain::genes_per_block) return visit(genes);
    for (auto const gene : domain.choices(positions[index(depth)])) {
      if (depth >= 2 && !domain.goes_together(block, genes[0], static_cast<space::Role>(depth - 2), gene)) continue;
      genes[index(depth)] = gene;
      self(self, depth + 1);
    }
  };
  descend(descend, 0);
}

cost::Cost cost_of_block(Domain const& domain, cost::CostModel const& cost_model, int block,
                         std::array<std::uint8_t, Domain::genes_per_block> const& genes) {
  auto const& space = domain.space();
  auto const& b = space.blocks[index(block)];
  std::array<int, space::num_roles> bits{};
  for (std::size_t r = 0; r < bits.size(); ++r) bits[r] = space.bits[r][genes[2 + r] - 1u];
  return cost_model.block(block, b.kernels[genes[0] - 1u], b.middle_channels[genes[1] - 1u], bits);
}

/// Six significant digits, never below the value.
std::string rounded_up(double value) {
  double const unit = std::pow(10.0, std::floor(std::log10(value)) - 5);
  double rounded = std::ceil(value / unit) * unit;
  auto text = fmt::format("{:.6g}", rounded);
  while (std::stod(text) < value) text = fmt::format("{:.6g}", rounded += unit);
  return text;
}

}  // namespace

std::string describe(Constraint const& constraint) {
  std::string text;
  for (auto const& limit : constraint)
    text += fmt::format("{}{} <= {:.6g}", text.empty() ? "" : " and ", cost::name_of(limit.metric), limit.value);
  return text;
}

space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, MetricWeights const& weights) {
  auto const& space = domain.space();
  space::Genes result(index(domain.num_genes()), 0);
  for (int s = 0; s < space.num_stages(); ++s) {
    auto const& stage = space.stages[index(s)];
    int const position = domain.layout().depth(s);
    int const deepest = domain.depth(s, domain.choices(position).back());
    double sum = 0, best_sum = std::numeric_limits<double>::infinity();
    auto next_depth = domain.choices(position).begin();
    std::uint8_t best_gene = 0;
    for (int p = 0; p < deepest; ++p) {
      int const block = stage.first_block + p;
      double smallest = std::numeric_limits<double>::infinity();
      std::array<std::uint8_t, Domain::genes_per_block> of_block{};
      for_each_choice(domain, block, [&](auto const& genes) {
        double const value = weighted(cost_of_block(domain, cost_model, block, genes), weights);
        if (value < smallest) {
          smallest = value;
          of_block = genes;
        }
      });
      auto const positions = domain.positions(block);
      for (std::size_t i = 0; i < positions.size(); ++i) result[index(positions[i])] = of_block[i];
      sum += smallest;
      if (p + 1 < domain.depth(s, *next_depth)) continue;
      if (sum < best_sum) {
        best_sum = sum;
        best_gene = *next_depth;
      }
      ++next_depth;
    }
    result[index(position)] = best_gene;
    for (int p = domain.depth(s, best_gene); p < deepest; ++p)
      for (int gene : domain.positions(stage.first_block + p)) result[index(gene)] = 0;
  }
  return result;
}

space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, cost::Metric metric) {
  MetricWeights weights{};
  weights[static_cast<std::size_t>(metric)] = 1;
  return cheapest(domain, cost_model, weights);
}

space::Genes feasible_member(Domain const& domain, cost::CostModel const& cost_model, Constraint const& constraint,
                             std::string const& where) {
  for (auto const& limit : constraint) {
    auto genes = cheapest(domain, cost_model, limit.metric);
    auto const cost = cost_model(genes);
    if (double const smallest = cost::value_of(cost, limit.metric); smallest > limit.value)
      throw Error(Errc::numeric, fmt::format("{}: {} <= {:.6g} leaves no subnet; the smallest feasible {} is {}", where,
                                             cost::name_of(limit.metric), limit.value, cost::name_of(limit.metric),
                                             rounded_up(smallest)));
    if (is_met(constraint, cost)) return genes;
  }
  // Multiplicative weights: what is exceeded counts for more in the next minimum.
  constexpr int max_rounds = 64;
  std::vector<double> emphasis(constraint.size(), 1.0 / static_cast<double>(constraint.size()));
  cost::Cost closest{};
  double smallest_violation = std::numeric_limits<double>::infinity();
  for (int round = 0; round < max_rounds; ++round) {
    MetricWeights weights{};
    for (std::size_t i = 0; i < constraint.size(); ++i)
      weights[static_cast<std::size_t>(constraint[i].metric)] += emphasis[i] / constraint[i].value;
    auto genes = cheapest(domain, cost_model, weights);
    auto const cost = cost_model(genes);
    if (is_met(constraint, cost)) return genes;
    if (double const v = violation(constraint, cost); v < smallest_violation) {
      smallest_violation = v;
      closest = cost;
    }
    if (weighted(cost, weights) > 1 + 1e-12) break;  // the emphases sum to 1: no member can meet all limits
    double sum = 0;
    for (std::size_t i = 0; i < constraint.size(); ++i)
      sum += emphasis[i] *= std::exp(4 * (cost::value_of(cost, constraint[i].metric) / constraint[i].value - 1));
    for (auto& e : emphasis) e /= sum;
  }
  std::string reached;
  for (auto const& limit : constraint)
    reached += fmt::format("{}{} {}", reached.empty() ? "" : ", ", cost::name_of(limit.metric),
                           rounded_up(cost::value_of(closest, limit.metric)));
  throw Error(Errc::numeric, fmt::format("{}: no subnet was found with {}; one that comes close has {}", where,
                                         describe(constraint), reached));
}

}  // namespace apq::search
