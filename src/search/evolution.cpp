#include "search/evolution.hpp"

#include <algorithm>
#include <utility>

#include "common/mpi/block_share.hpp"
#include "common/mpi/collectives.hpp"
#include "search/fingerprint.hpp"
#include "search/repair.hpp"
#include "search/variation.hpp"

namespace apq::search {
namespace {

/// Child j of generation g of task i has streams of its own.
RandomStream stream_for(EvolutionTask const& task, char const* purpose, std::uint64_t generation, std::size_t child) {
  return {task.seed, purpose, task.index << 48 | generation << 24 | child};
}

class Evolution {
 public:
  Evolution(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config, Scorer& scorer,
            Archive& archive, PartTimes& times)
      : comm_(comm),
        task_(task),
        config_(config),
        scorer_(scorer),
        archive_(archive),
        clock_(times),
        num_genes_(static_cast<std::size_t>(task.domain.num_genes())),
        metric_(task.constraint.front().metric) {}

  EvolutionResult run(std::span<space::Genes const> initial) {
    begin(initial);
    int const generations = config_.generations + (config_.slips.extra_generation ? 1 : 0);
    for (int g = 1; g <= generations; ++g) advance(g);
    return std::move(result_);
  }

 private:
  /// One of the population: where its genes are in genes_, and what ranks it.
  struct Member {
    double fitness, cost;
    std::size_t row, number;  // number: of the subnet, among all that the scorer knows
  };

  space::GeneRows rows() const { return {genes_, num_genes_}; }
  /// As is_better() of two candidates.
  bool is_before(Member const& a, Member const& b) const {
    if (a.fitness != b.fitness) return a.fitness > b.fitness;
    if (a.cost != b.cost) return a.cost < b.cost;
    return std::ranges::lexicographical_compare(rows()[a.row], rows()[b.row]);
  }

  void begin(std::span<space::Genes const> initial) {
    auto const n = static_cast<std::size_t>(config_.population);
    make(n, 0, [&](std::size_t i, std::span<std::uint8_t> genes) {
      if (i < initial.size()) {
        std::copy(initial[i].begin(), initial[i].end(), genes.begin());
      } else {
        auto random = stream_for(task_, "search.initial", 0, i);
        draw(task_.domain, random, genes);
      }
    });
    take_in(n, config_.slips.halved_first_generation ? (n + 1) / 2 : n);
    note(0);
  }

  void advance(int generation) {
    keep_parents();
    auto const num_mutants = static_cast<std::size_t>(config_.mutants);
    auto const num_children = num_mutants + static_cast<std::size_t>(config_.crossovers);
    make(num_children, static_cast<std::uint64_t>(generation), [&](std::size_t child, std::span<std::uint8_t> genes) {
      auto random = stream_for(task_, "search.child", static_cast<std::uint64_t>(generation), child);
      auto const parent = [&] { return rows()[population_[random.below(population_.size())].row]; };
      auto const first = parent();
      if (child < num_mutants)
        mutate(task_.domain, first, config_.mutation_rate, config_.slips, random, genes);
      else
        cross(task_.domain, first, parent(), config_.slips, random, genes);
    });
    take_in(num_children, config_.slips.discarded_crossovers ? num_children / 2 : num_children);
    note(generation);
  }

  /// Makes n individuals behind the parents in genes_, each rank its block of them. `vary(i, genes)` writes genes that may
  /// exceed the limits.
  template <class Vary>
  void make(std::size_t n, std::uint64_t generation, Vary const& vary) {
    auto const begin = population_.size() * num_genes_;
    genes_.resize(begin + n * num_genes_);
    fingerprints_.resize(n);
    ranking_costs_.resize(n);
    auto const own = mpi::block_range(n, comm_.size(), comm_.rank());
    own_costs_.resize(own.last - own.first);
    mpi::collectively(comm_, [&] {
      constexpr std::size_t at_once = 64;  // children that stay in the first-level cache from one step to the next
      auto const row = [&](std::size_t i) { return std::span(genes_).subspan(begin + i * num_genes_, num_genes_); };
      for (auto first = own.first; first < own.last; first += at_once) {
        auto const last = std::min(first + at_once, own.last);
        auto* const costs = own_costs_.data() + (first - own.first);
        for (auto i = first; i < last; ++i) vary(i, row(i));
        clock_.charge(Part::variation);
        for (auto i = first; i < last; ++i) costs[i - first] = task_.cost_model(row(i));
        clock_.charge(Part::cost);
        for (auto i = first; i < last; ++i) {
          if (is_met(task_.constraint, costs[i - first])) continue;
          auto random = stream_for(task_, "search.repair", generation, i);
          costs[i - first] = repair(task_.domain, task_.cost_model, task_.constraint, task_.fallback, row(i), random);
        }
        clock_.charge(Part::repair);
        for (auto i = first; i < last; ++i) {
          fingerprints_[i] = fingerprint(row(i));
          ranking_costs_[i] = cost::value_of(costs[i - first], metric_);
        }
        clock_.charge(Part::selection);
      }
    });
    mpi::share_blocks(comm_, std::span(genes_).subspan(begin), n);
    mpi::share_blocks(comm_, std::span(fingerprints_), n);
    mpi::share_blocks(comm_, std::span(ranking_costs_), n);
    clock_.charge(Part::exchange);
  }

  /// Scores the n individuals behind the parents, shows those that this rank made to the archive and adds the first
  /// `num_kept` to the population.
  void take_in(std::size_t n, std::size_t num_kept) {
    auto const first_row = population_.size();
    auto const made = rows().rows(first_row, n);
    auto const scores = scorer_.score(made, fingerprints_, clock_);
    auto const own = mpi::block_range(n, comm_.size(), comm_.rank());
    for (auto i = own.first; i < own.last; ++i)
      if (scores.is_new[i] != 0) archive_.add(made[i], own_costs_[i - own.first], scores.fitness[i]);
    for (std::size_t i = 0; i < num_kept; ++i) {
      if (!config_.slips.kept_duplicates && is_there(scores.numbers[i])) continue;
      population_.push_back({scores.fitness[i], ranking_costs_[i], first_row + i, scores.numbers[i]});
    }
  }

  /// True where the subnet is in the population; from now on it is.
  bool is_there(std::size_t number) {
    if (number >= last_seen_.size()) last_seen_.resize(2 * number + 1);
    return std::exchange(last_seen_[number], generation_stamp_) == generation_stamp_;
  }

  /// Leaves the best of the population, best first, their genes in the same order at the beginning of genes_.
  void keep_parents() {
    auto const before = [&](Member const& a, Member const& b) { return is_before(a, b); };
    auto const num_parents = std::min(population_.size(), static_cast<std::size_t>(config_.parents));
    if (num_parents < population_.size())
      std::nth_element(population_.begin(), population_.begin() + static_cast<std::ptrdiff_t>(num_parents), population_.end(), before);
    population_.resize(num_parents);
    std::sort(population_.begin(), population_.end(), before);
    ++generation_stamp_;
    for (auto const& parent : population_) is_there(parent.number);
    spare_.resize(population_.size() * num_genes_);
    for (std::size_t i = 0; i < population_.size(); ++i) {
      auto const genes = rows()[population_[i].row];
      std::copy(genes.begin(), genes.end(), spare_.begin() + static_cast<std::ptrdiff_t>(i * num_genes_));
      population_[i].row = i;
    }
    std::swap(genes_, spare_);
    clock_.charge(Part::selection);
  }

  /// Notes the generation and its best.
  void note(int generation) {
    auto const& leader = *std::min_element(population_.begin(), population_.end(), [&](Member const& a, Member const& b) { return is_before(a, b); });
    auto const genes = rows()[leader.row];
    if (generation == 0 || leader.fitness >= result_.best.fitness) {
      Candidate challenger{{genes.begin(), genes.end()}, task_.cost_model(genes), leader.fitness};
      if (generation == 0 || is_better(challenger, result_.best, metric_)) result_.best = std::move(challenger);
    }
    double sum = 0, worst = leader.fitness;
    for (auto const& member : population_) {
      sum += member.fitness;
      worst = std::min(worst, member.fitness);
    }
    result_.history.push_back({generation, leader.fitness, sum / static_cast<double>(population_.size()), worst, scorer_.num_evaluated()});
    clock_.charge(Part::selection);
  }

  mpi::Communicator const& comm_;
  EvolutionTask const& task_;
  EvolutionConfig const& config_;
  Scorer& scorer_;
  Archive& archive_;
  PartClock clock_;
  std::size_t num_genes_;
  cost::Metric metric_;
  // Of one generation after the other: memory is asked for once.
  std::vector<std::uint8_t> genes_, spare_;  // [parents and children, num_genes]; what genes_ is swapped with
  std::vector<Fingerprint> fingerprints_;    // [children]
  std::vector<double> ranking_costs_;        // [children] in the metric that decides between equal fitness
  std::vector<cost::Cost> own_costs_;        // [children of this rank]
  std::vector<Member> population_;           // no subnet twice, but for the slip
  std::vector<std::uint32_t> last_seen_;     // [known subnets]: the stamp of the last generation that had it
  std::uint32_t generation_stamp_ = 1;
  EvolutionResult result_;
};

}  // namespace

EvolutionResult evolve(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config,
                       std::span<space::Genes const> initial, Scorer& scorer, Archive& archive, PartTimes& times) {
  return Evolution(comm, task, config, scorer, archive, times).run(initial);
}

}  // namespace apq::search
