#include "search/cheapest.hpp"

#include <limits>

namespace apq::search {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

struct CheapestBlock {
  std::array<std::uint8_t, Domain::genes_per_block> genes{};
  double value = std::numeric_limits<double>::infinity();
};

/// Given kernel and width, the bits of a block's 1x1 layers and those of its depthwise layer are chosen apart.
CheapestBlock cheapest_block(Domain const& domain, cost::SizeCosts const& costs, int block, MetricWeights const& weights) {
  using space::Role;
  auto const positions = domain.positions(block);
  struct Pair {
    std::uint8_t weight_bits = 0, activation_bits = 0;
    double value = std::numeric_limits<double>::infinity();
  };
  auto const cheapest_pair = [&](std::uint8_t kernel, Role w, Role a, auto const& price) {
    Pair best;
    for (auto const weight_bits : domain.choices(positions[index(2 + static_cast<int>(w))])) {
      if (!domain.goes_together(block, kernel, w, weight_bits)) continue;
      for (auto const activation_bits : domain.choices(positions[index(2 + static_cast<int>(a))])) {
        if (!domain.goes_together(block, kernel, a, activation_bits)) continue;
        double const value = weighted(price(weight_bits, activation_bits), weights);
        if (value < best.value) best = {weight_bits, activation_bits, value};
      }
    }
    return best;
  };
  CheapestBlock best;
  for (auto const kernel : domain.choices(positions[0]))
    for (auto const middle : domain.choices(positions[1])) {
      auto const pw = cheapest_pair(
          kernel, Role::pw_w,
          Role::pw_a, [&](std::uint8_t w, std::uint8_t a) -> auto const& { return costs.pointwise(block, middle, w, a); });
      auto const dw = cheapest_pair(
          kernel, Role::dw_w,
          Role::dw_a, [&](std::uint8_t w, std::uint8_t a) -> auto const& { return costs.depthwise(block, kernel, middle, w, a); });
      if (pw.value + dw.value < best.value)
        best = {{kernel, middle, pw.weight_bits, pw.activation_bits, dw.weight_bits, dw.activation_bits}, pw.value + dw.value};
    }
  return best;
}

/// Sets all genes but the image size to the cheapest network at one size.
void set_cheapest(Domain const& domain, cost::SizeCosts const& costs, MetricWeights const& weights, space::Genes& result) {
  auto const& space = domain.space();
  for (int s = 0; s < space.num_stages(); ++s) {
    auto const& stage = space.stages[index(s)];
    int const position = domain.layout().depth(s);
    int const deepest = domain.depth(s, domain.choices(position).back());
    double sum = 0, best_sum = std::numeric_limits<double>::infinity();
    auto next_depth = domain.choices(position).begin();
    std::uint8_t best_gene = 0;
    for (int p = 0; p < deepest; ++p) {
      int const block = stage.first_block + p;
      auto const cheapest = cheapest_block(domain, costs, block, weights);
      auto const positions = domain.positions(block);
      for (std::size_t i = 0; i < positions.size(); ++i) result[index(positions[i])] = cheapest.genes[i];
      sum += cheapest.value;
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
}

}  // namespace

double weighted(cost::Cost const& cost, MetricWeights const& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0) sum += weights[i] * cost.*cost::metrics[i].field;
  return sum;
}

space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, MetricWeights const& weights) {
  space::Genes genes(index(domain.num_genes()), 0);
  if (!domain.has_size_gene()) {
    set_cheapest(domain, cost_model.at_size(0), weights, genes);
    return genes;
  }
  int const position = domain.layout().image_size();
  space::Genes best;
  double smallest = std::numeric_limits<double>::infinity();
  for (auto const size : domain.choices(position)) {
    auto const& costs = cost_model.at_size(size - 1u);
    genes[index(position)] = size;
    set_cheapest(domain, costs, weights, genes);
    double const value = weighted(costs.total(genes), weights);
    if (value >= smallest) continue;
    smallest = value;
    best = genes;
  }
  return best;
}

space::Genes cheapest(Domain const& domain, cost::CostModel const& cost_model, cost::Metric metric) {
  MetricWeights weights{};
  weights[static_cast<std::size_t>(metric)] = 1;
  return cheapest(domain, cost_model, weights);
}

}  // namespace apq::search
