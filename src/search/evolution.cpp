#include "search/evolution.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/mpi/block_share.hpp"
#include "common/mpi/collectives.hpp"
#include "search/best_in_parts.hpp"
#include "search/fingerprint.hpp"
#include "search/interleaving.hpp"
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
  Evolution(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config, mpi::Turns& turns, Scorer& scorer,
            Archive& archive, PartTimes& times)
      : comm_(comm),
        task_(task),
        config_(config),
        turns_(turns),
        scorer_(scorer),
        archive_(archive),
        clock_(times),
        num_genes_(static_cast<std::size_t>(task.domain.num_genes())),
        metric_(task.limits.front().metric),
        last_generation_(config.generations + (config.slips.extra_generation ? 1 : 0)) {}

  EvolutionResult run(std::span<space::Genes const> initial) {
    begin(initial);
    Interleaving const order(static_cast<std::size_t>(config_.mutants), static_cast<std::size_t>(config_.crossovers));
    for (int g = 1; g <= last_generation_; ++g) advance(g, order);
    return std::move(result_);
  }

 private:
  using Row = std::span<std::uint8_t>;

  /// One that may be a parent of the next generation.
  struct Contender {
    Standing standing;
    std::size_t number;         // of the subnet, among all that the scorer knows
    std::uint8_t const* genes;  // [num_genes]
  };

  /// As is_better() of two candidates.
  bool is_before(Contender const& a, Contender const& b) const {
    if (a.standing != b.standing) return search::is_before(a.standing, b.standing);
    return std::lexicographical_compare(a.genes, a.genes + num_genes_, b.genes, b.genes + num_genes_);
  }

  void begin(std::span<space::Genes const> initial) {
    auto const n = static_cast<std::size_t>(config_.population);
    auto const num_given = std::min(initial.size(), n);
    auto const num_kept = config_.slips.halved_first_generation ? (n + 1) / 2 : n;
    breed(Interleaving(num_given, n - num_given), 0, num_kept, [&](std::size_t i, Row genes) {
      if (i < num_given) {
        std::copy(initial[i].begin(), initial[i].end(), genes.begin());
      } else {
        auto random = stream_for(task_, "search.initial", 0, i);
        draw(task_.domain, random, genes);
      }
    });
  }

  void advance(int generation, Interleaving const& order) {
    auto const num_mutants = static_cast<std::size_t>(config_.mutants), num_children = order.item_at.size();
    auto const num_kept = config_.slips.discarded_crossovers ? num_children / 2 : num_children;
    breed(order, generation, num_kept, [&](std::size_t child, Row genes) {
      auto random = stream_for(task_, "search.child", static_cast<std::uint64_t>(generation), child);
      auto const parent = [&] { return parent_rows()[random.below(parents_.size())]; };
      auto const first = parent();
      if (child < num_mutants) mutate(task_.domain, first, config_.mutation_rate, config_.slips, random, genes);
      else cross(task_.domain, first, parent(), config_.slips, random, genes);
    });
  }

  /// One generation: makes individuals and scores them; the first `num_kept` of them join the population, whose best become
  /// the parents of the next one. `vary(i, genes)` writes genes of individual i that may exceed the limits.
  template <class Vary>
  void breed(Interleaving const& order, int generation, std::size_t num_kept, Vary const& vary) {
    turns_.next();
    auto const n = order.item_at.size();
    auto const own = mpi::block_range(n, comm_.size(), comm_.rank());
    make(order, own, generation, vary);
    auto const scores = scorer_.score(
        fingerprints_,
        [&](std::size_t place, Row genes) {
          if (place >= own.first && place < own.last) {
            std::ranges::copy(own_row(place - own.first), genes.begin());
          } else {  // One of a few: making it is cheaper than sending everybody's.
            vary(order.item_at[place], genes);
            auto const cost = task_.cost_model(genes);
            if (!is_met(task_.limits, cost)) mend(order.item_at[place], generation, genes);
          }
        },
        num_genes_, clock_);
    for (auto place = own.first; place < own.last; ++place)
      if (scores.is_new[place] != 0) archive_.add(own_row(place - own.first), own_costs_[place - own.first], scores.fitness[place]);
    assemble(order, scores, num_kept, generation);
    select(own, scores, generation == last_generation_ ? 1 : static_cast<std::size_t>(config_.parents));
    note_best();
    clock_.charge(Part::selection);
  }

  /// Makes this rank's individuals, those on the places `own`; fingerprints and costs of all ranks' are known afterwards.
  template <class Vary>
  void make(Interleaving const& order, mpi::BlockRange own, int generation, Vary const& vary) {
    auto const n = order.item_at.size(), num_own = own.last - own.first;
    own_genes_.resize(num_own * num_genes_);
    own_costs_.resize(num_own);
    fingerprints_.resize(n);
    ranking_costs_.resize(n);
    mpi::collectively(comm_, [&] {
      constexpr std::size_t at_once = 64;  // children that stay in the first-level cache from one step to the next
      auto const item = [&](std::size_t i) { return order.item_at[own.first + i]; };
      for (std::size_t first = 0; first < num_own; first += at_once) {
        auto const last = std::min(first + at_once, num_own);
        for (auto i = first; i < last; ++i) vary(item(i), own_row(i));
        clock_.charge(Part::variation);
        for (auto i = first; i < last; ++i) own_costs_[i] = task_.cost_model(own_row(i));
        clock_.charge(Part::cost);
        for (auto i = first; i < last; ++i)
          if (!is_met(task_.limits, own_costs_[i])) own_costs_[i] = mend(item(i), generation, own_row(i));
        clock_.charge(Part::repair);
        for (auto i = first; i < last; ++i) {
          fingerprints_[own.first + i] = fingerprint(own_row(i));
          ranking_costs_[own.first + i] = cost::value_of(own_costs_[i], metric_);
        }
        clock_.charge(Part::selection);
      }
    });
    mpi::share_blocks(comm_, std::span(fingerprints_), n);
    mpi::share_blocks(comm_, std::span(ranking_costs_), n);
    clock_.charge(Part::exchange);
  }

  cost::Cost mend(std::size_t item, int generation, Row genes) const {
    auto random = stream_for(task_, "search.repair", static_cast<std::uint64_t>(generation), item);
    return repair(task_.domain, task_.cost_model, task_.limits, task_.fallback, genes, random);
  }

  /// Finds the population, parents and the first `num_kept` new individuals but none twice, and notes what it is like.
  void assemble(Interleaving const& order, Scores const& scores, std::size_t num_kept, int generation) {
    population_.clear();
    is_kept_.assign(order.item_at.size(), 0);
    for (auto const& parent : parents_) population_.push_back(parent.standing);
    for (std::size_t i = 0; i < num_kept; ++i) {
      auto const place = order.place_of[i];
      if (!config_.slips.kept_duplicates && is_there(scores.numbers[place])) continue;
      is_kept_[place] = 1;
      population_.push_back({scores.fitness[place], ranking_costs_[place]});
    }
    double sum = 0, best = population_.front().fitness, worst = best;
    for (auto const& [fitness, cost] : population_) {
      sum += fitness;
      best = std::max(best, fitness);
      worst = std::min(worst, fitness);
    }
    result_.history.push_back({generation, best, sum / static_cast<double>(population_.size()), worst, scorer_.num_evaluated()});
  }

  /// True where the subnet is in the population; from now on it is.
  bool is_there(std::size_t number) {
    if (number >= last_seen_.size()) last_seen_.resize(2 * number + 1);
    return std::exchange(last_seen_[number], generation_stamp_) == generation_stamp_;
  }

  /// Makes the best of the population the parents, best first. All ranks know the standing of all, so each knows which of its
  /// own are among the best: it puts them in order, and only they are sent.
  void select(mpi::BlockRange own, Scores const& scores, std::size_t num_parents) {
    auto const last = last_of_best(population_, num_parents);
    auto const before = [&](Contender const& a, Contender const& b) { return is_before(a, b); };
    while (!parents_.empty() && search::is_before(last, parents_.back().standing)) parents_.pop_back();
    own_best_.clear();
    for (auto place = own.first; place < own.last; ++place) {
      Standing const standing{scores.fitness[place], ranking_costs_[place]};
      if (is_kept_[place] == 0 || search::is_before(last, standing)) continue;
      own_best_.push_back({standing, scores.numbers[place], own_row(place - own.first).data()});
    }
    std::sort(own_best_.begin(), own_best_.end(), before);
    clock_.charge(Part::selection);
    add_everybodys_best();
    clock_.charge(Part::exchange);
    merge_runs(parents_, before);
    parents_.resize(std::min(parents_.size(), num_parents));
    spare_.resize(parents_.size() * num_genes_);
    ++generation_stamp_;
    for (std::size_t i = 0; i < parents_.size(); ++i) {
      is_there(parents_[i].number);
      auto* const genes = spare_.data() + i * num_genes_;
      std::copy_n(parents_[i].genes, num_genes_, genes);
      parents_[i].genes = genes;
    }
    std::swap(parent_genes_, spare_);
  }

  /// Appends own_best_ of all ranks to the parents.
  void add_everybodys_best() {
    auto const num_own = static_cast<std::uint64_t>(own_best_.size());
    auto const counts = mpi::allgather(comm_, std::span(&num_own, 1));
    auto const sum = [](auto first, auto last) { return std::accumulate(first, last, std::size_t{0}); };
    auto const own_first = sum(counts.begin(), counts.begin() + comm_.rank()), n = sum(counts.begin(), counts.end());
    auto const num_before = parents_.size();
    parents_.resize(num_before + n);
    auto const added = std::span(parents_).subspan(num_before);
    std::ranges::copy(own_best_, added.begin() + static_cast<std::ptrdiff_t>(own_first));
    if (comm_.size() == 1) return;
    best_genes_.resize(n * num_genes_);
    for (std::size_t i = 0; i < num_own; ++i)
      std::copy_n(own_best_[i].genes, num_genes_, best_genes_.data() + (own_first + i) * num_genes_);
    mpi::share_parts(comm_, added, counts);
    mpi::share_parts(comm_, std::span(best_genes_), counts);
    for (std::size_t i = 0; i < n; ++i) added[i].genes = best_genes_.data() + i * num_genes_;  // were those of the rank that made it
  }

  void note_best() {
    auto const& [standing, number, first_gene] = parents_.front();
    if (!result_.best.genes.empty() && standing.fitness < result_.best.fitness) return;
    space::Genes genes(first_gene, first_gene + num_genes_);
    auto const cost = task_.cost_model(genes);
    Candidate challenger{std::move(genes), cost, standing.fitness};
    if (result_.best.genes.empty() || is_better(challenger, result_.best, metric_)) result_.best = std::move(challenger);
  }

  Row own_row(std::size_t i) { return Row(own_genes_).subspan(i * num_genes_, num_genes_); }
  space::GeneRows parent_rows() const { return {parent_genes_, num_genes_}; }

  mpi::Communicator const& comm_;
  EvolutionTask const& task_;
  EvolutionConfig const& config_;
  mpi::Turns& turns_;
  Scorer& scorer_;
  Archive& archive_;
  PartClock clock_;
  std::size_t num_genes_;
  cost::Metric metric_;
  int last_generation_;
  // Of one generation after the other: memory is asked for once. A place is one in the generation's Interleaving, of which
  // every rank has a block.
  std::vector<Contender> parents_;                  // best first, none twice
  std::vector<std::uint8_t> parent_genes_, spare_;  // [parents, num_genes]; what parent_genes_ is swapped with
  std::vector<std::uint8_t> own_genes_;             // [places of this rank, num_genes]
  std::vector<cost::Cost> own_costs_;               // [places of this rank]
  std::vector<Contender> own_best_;                 // of this rank's, best first
  std::vector<std::uint8_t> best_genes_;            // [own_best_ of all ranks, num_genes]
  std::vector<Fingerprint> fingerprints_;           // [places]
  std::vector<double> ranking_costs_;               // [places] in the metric that decides between equal fitness
  std::vector<std::uint8_t> is_kept_;               // [places] 1 where in the population
  std::vector<Standing> population_;                // parents, then what is kept of the children
  std::vector<std::uint32_t> last_seen_;            // [known subnets]: the stamp of the last generation that had it
  std::uint32_t generation_stamp_ = 1;
  EvolutionResult result_;
};

}  // namespace

EvolutionResult evolve(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config,
                       std::span<space::Genes const> initial, mpi::Turns& turns, Scorer& scorer, Archive& archive, PartTimes& times) {
  return Evolution(comm, task, config, turns, scorer, archive, times).run(initial);
}

}  // namespace apq::search
