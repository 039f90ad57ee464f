#include "search/repair.hpp"

#include <algorithm>
#include <optional>

namespace apq::search {
namespace {

constexpr int num_proposals = 4;  // improving moves to choose from
constexpr int max_draws = 32;     // before all moves are looked at

std::size_t index(int i) { return static_cast<std::size_t>(i); }

struct Move {
  int position;
  std::uint8_t gene;
  double violation;  // after the move
  double saving;     // relative, in the limits' metrics
};

/// Prices and applies moves on one subnet.
class Repair {
 public:
  Repair(Domain const& domain, cost::CostModel const& cost_model, Limits const& limits, std::span<std::uint8_t> genes)
      : domain_(domain), cost_model_(cost_model), limits_(limits), genes_(genes) {
    price_anew();
  }

  cost::Cost const& cost() const { return cost_; }
  bool is_met() const { return search::is_met(limits_, cost_); }

  /// A random move to a smaller choice, when it lowers the violation.
  std::optional<Move> propose(RandomStream& random) const {
    int const position = static_cast<int>(random.below(genes_.size()));
    auto const gene = genes_[index(position)];
    auto const choices = domain_.choices(position);
    if (gene <= choices.front()) return {};  // inactive, or smallest already
    std::size_t num_smaller = 0;
    while (choices[num_smaller] < gene) ++num_smaller;
    // A depth goes down by one, so that a child keeps most of its blocks.
    auto const place = is_depth(position) ? num_smaller - 1 : random.below(num_smaller);
    return price(position, choices[place]);
  }

  /// The single change that leaves the least violation.
  std::optional<Move> best() const {
    std::optional<Move> best;
    for (int position = 0; position < domain_.num_genes(); ++position) {
      auto const gene = genes_[index(position)];
      if (gene == 0) continue;
      for (auto const choice : domain_.choices(position)) {
        if (choice == gene || (is_depth(position) && choice > gene)) continue;
        auto const move = price(position, choice);
        if (move && (!best || move->violation < best->violation)) best = move;
      }
    }
    return best;
  }

  void apply(Move const& move) {
    if (is_depth(move.position)) {
      int const stage = stage_of(move.position);
      auto const& s = domain_.space().stages[index(stage)];
      for (int p = domain_.depth(stage, move.gene); p < domain_.depth(stage, genes_); ++p)
        for (int position : domain_.positions(s.first_block + p)) genes_[index(position)] = 0;
    }
    genes_[index(move.position)] = move.gene;
    price_anew();
  }

  void replace(std::span<std::uint8_t const> genes) {
    std::copy(genes.begin(), genes.end(), genes_.begin());
    price_anew();
  }

 private:
  bool is_depth(int position) const {
    auto const first = domain_.layout().depth(0);
    return position >= first && position < first + domain_.layout().num_stages;
  }
  bool is_size(int position) const { return domain_.has_size_gene() && position == domain_.layout().image_size(); }
  int stage_of(int depth_position) const { return depth_position - domain_.layout().depth(0); }
  int block_of(int position) const {
    int const blocks = domain_.layout().num_blocks;
    return position < 2 * blocks ? position % blocks : (position - domain_.layout().bits(space::Role::pw_w, 0)) % blocks;
  }

  cost::SizeCosts const& at_size(std::uint8_t gene) const { return cost_model_.at_size(gene - 1u); }

  /// From the genes alone: no drift of sums and differences.
  void price_anew() {
    costs_ = &at_size(domain_.has_size_gene() ? genes_[index(domain_.layout().image_size())] : std::uint8_t{1});
    cost_ = costs_->total(genes_);
    violation_ = violation(limits_, cost_);
  }

  /// Nothing when the move is forbidden or does not lower the violation.
  std::optional<Move> price(int position, std::uint8_t gene) const {
    auto after = cost_;
    if (is_size(position)) {
      after = at_size(gene).total(genes_);
    } else if (is_depth(position)) {
      int const stage = stage_of(position);
      auto const& s = domain_.space().stages[index(stage)];
      for (int p = domain_.depth(stage, gene); p < domain_.depth(stage, genes_); ++p) after -= costs_->block(s.first_block + p, genes_);
    } else {
      int const block = block_of(position);
      auto const before = genes_[index(position)];
      after -= costs_->block(block, genes_);
      genes_[index(position)] = gene;
      bool const is_allowed = domain_.is_allowed(genes_, block);
      if (is_allowed) after += costs_->block(block, genes_);
      genes_[index(position)] = before;
      if (!is_allowed) return {};
    }
    Move move{position, gene, violation(limits_, after), 0};
    if (move.violation >= violation_) return {};
    for (auto const& limit : limits_)
      move.saving += (cost::value_of(cost_, limit.metric) - cost::value_of(after, limit.metric)) / limit.value;
    return move;
  }

  Domain const& domain_;
  cost::CostModel const& cost_model_;
  Limits const& limits_;
  std::span<std::uint8_t> genes_;
  cost::SizeCosts const* costs_ = nullptr;  ///< at the genes' image size
  cost::Cost cost_;
  double violation_ = 0;
};

/// Gentlest of those that suffice, else the most effective.
bool is_preferable(Move const& a, Move const& b) {
  if (a.violation == 0 && b.violation == 0) return a.saving < b.saving;
  return a.violation < b.violation;
}

}  // namespace

cost::Cost repair(Domain const& domain, cost::CostModel const& cost_model, Limits const& limits, std::span<std::uint8_t const> fallback,
                  std::span<std::uint8_t> genes, RandomStream& random) {
  Repair state(domain, cost_model, limits, genes);
  // The violation falls with each step, so there is an end; the bound is for steps that rounding alone makes progress.
  for (std::size_t step = 0; !state.is_met(); ++step) {
    std::optional<Move> chosen;
    int num_found = 0;
    for (int draw = 0; draw < max_draws && num_found < num_proposals; ++draw) {
      auto const move = state.propose(random);
      if (!move) continue;
      ++num_found;
      if (!chosen || is_preferable(*move, *chosen)) chosen = move;
    }
    if (!chosen) chosen = state.best();
    if (!chosen || step > 16 * genes.size()) {
      state.replace(fallback);
      break;
    }
    state.apply(*chosen);
  }
  return state.cost();
}

}  // namespace apq::search
