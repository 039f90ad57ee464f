#include "search/evolution.hpp"

#include <algorithm>
#include <cstring>

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

/// What is known of an individual beside its genes before it is scored, and what all ranks need to rank it.
struct Mark {
  Fingerprint fingerprint;
  double cost;  ///< in the metric that decides between equal fitness
};

/// Individuals of a generation, of which this rank made those of `own`.
struct Individuals {
  std::vector<std::uint8_t> genes;  ///< [n, num_genes], of all ranks
  std::vector<Mark> marks;          ///< [n]
  mpi::BlockRange own;
  std::vector<cost::Cost> own_costs;
};

/// Every rank's genes and marks on all ranks, in one message. @param n  individuals of all ranks. Collective.
void exchange(mpi::Communicator const& comm, std::size_t n, std::size_t num_genes, std::span<std::uint8_t const> my_genes,
              std::span<Mark const> my_marks, Individuals& all) {
  std::vector<std::byte> message(my_genes.size_bytes() + my_marks.size_bytes());
  if (!my_marks.empty()) {
    std::memcpy(message.data(), my_genes.data(), my_genes.size_bytes());
    std::memcpy(message.data() + my_genes.size_bytes(), my_marks.data(), my_marks.size_bytes());
  }
  auto const messages = mpi::allgather_bytes(comm, message);
  all.genes.resize(n * num_genes);
  all.marks.resize(n);
  auto const* from = messages.data();
  for (int r = 0; r < comm.size(); ++r) {
    auto const range = mpi::block_range(n, comm.size(), r);
    auto const count = range.last - range.first;
    if (count == 0) continue;
    std::memcpy(all.genes.data() + range.first * num_genes, from, count * num_genes);
    from += count * num_genes;
    std::memcpy(all.marks.data() + range.first, from, count * sizeof(Mark));
    from += count * sizeof(Mark);
  }
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
    std::size_t row;
  };

  space::GeneRows rows() const { return {genes_, num_genes_}; }
  bool is_same(Member const& a, Member const& b) const {
    return a.fitness == b.fitness && a.cost == b.cost && std::ranges::equal(rows()[a.row], rows()[b.row]);
  }
  /// As is_better() of two candidates.
  bool is_before(Member const& a, Member const& b) const {
    if (a.fitness != b.fitness) return a.fitness > b.fitness;
    if (a.cost != b.cost) return a.cost < b.cost;
    return std::ranges::lexicographical_compare(rows()[a.row], rows()[b.row]);
  }

  void begin(std::span<space::Genes const> initial) {
    auto const n = static_cast<std::size_t>(config_.population);
    take_in(make(n, 0, [&](std::size_t i, std::span<std::uint8_t> genes) {
      if (i < initial.size()) {
        std::copy(initial[i].begin(), initial[i].end(), genes.begin());
      } else {
        auto random = stream_for(task_, "search.initial", 0, i);
        draw(task_.domain, random, genes);
      }
    }), config_.slips.halved_first_generation ? (n + 1) / 2 : n);
    rank(0);
  }

  void advance(int generation) {
    keep_parents();
    auto const num_mutants = static_cast<std::size_t>(config_.mutants);
    auto const num_children = num_mutants + static_cast<std::size_t>(config_.crossovers);
    take_in(make(num_children, static_cast<std::uint64_t>(generation), [&](std::size_t child, std::span<std::uint8_t> genes) {
      auto random = stream_for(task_, "search.child", static_cast<std::uint64_t>(generation), child);
      auto const parent = [&] { return rows()[population_[random.below(population_.size())].row]; };
      auto const first = parent();
      if (child < num_mutants)
        mutate(task_.domain, first, config_.mutation_rate, config_.slips, random, genes);
      else
        cross(task_.domain, first, parent(), config_.slips, random, genes);
    }), config_.slips.discarded_crossovers ? num_children / 2 : num_children);
    rank(generation);
  }

  /// Makes n individuals, each rank a part of them. `vary(i, genes)` writes genes that may exceed the limits.
  template <class Vary>
  Individuals make(std::size_t n, std::uint64_t generation, Vary const& vary) {
    Individuals result;
    result.own = mpi::block_range(n, comm_.size(), comm_.rank());
    auto const count = result.own.last - result.own.first;
    std::vector<std::uint8_t> genes(count * num_genes_);
    std::vector<Mark> marks(count);
    result.own_costs.resize(count);
    mpi::collectively(comm_, [&] {
      constexpr std::size_t at_once = 64;  // children that stay in the first-level cache from one step to the next
      auto const row = [&](std::size_t i) { return std::span(genes).subspan(i * num_genes_, num_genes_); };
      for (std::size_t first = 0; first < count; first += at_once) {
        auto const last = std::min(first + at_once, count);
        for (auto i = first; i < last; ++i) vary(result.own.first + i, row(i));
        clock_.charge(Part::variation);
        for (auto i = first; i < last; ++i) result.own_costs[i] = task_.cost_model(row(i));
        clock_.charge(Part::cost);
        for (auto i = first; i < last; ++i) {
          if (is_met(task_.constraint, result.own_costs[i])) continue;
          auto random = stream_for(task_, "search.repair", generation, result.own.first + i);
          result.own_costs[i] = repair(task_.domain, task_.cost_model, task_.constraint, task_.fallback, row(i), random);
        }
        clock_.charge(Part::repair);
        for (auto i = first; i < last; ++i) marks[i] = {fingerprint(row(i)), cost::value_of(result.own_costs[i], metric_)};
        clock_.charge(Part::selection);
      }
    });
    exchange(comm_, n, num_genes_, genes, marks, result);
    clock_.charge(Part::exchange);
    return result;
  }

  /// Scores individuals, shows them to the archive and adds the first `num_kept` to the population.
  void take_in(Individuals const& made, std::size_t num_kept) {
    space::GeneRows const all(made.genes, num_genes_);
    std::vector<Fingerprint> fingerprints(made.marks.size());
    std::ranges::transform(made.marks, fingerprints.begin(), &Mark::fingerprint);
    auto const scores = scorer_.score(all, fingerprints, clock_);
    for (auto i = made.own.first; i < made.own.last; ++i)
      if (scores.is_new[i] != 0) archive_.add(all[i], made.own_costs[i - made.own.first], scores.fitness[i]);
    auto const first_row = rows().size();
    auto const kept = all.rows(0, num_kept).bytes();
    genes_.insert(genes_.end(), kept.begin(), kept.end());
    for (std::size_t i = 0; i < num_kept; ++i) population_.push_back({scores.fitness[i], made.marks[i].cost, first_row + i});
  }

  /// Leaves the best of the population, best first in genes_ too.
  void keep_parents() {
    population_.resize(std::min(population_.size(), static_cast<std::size_t>(config_.parents)));
    std::vector<std::uint8_t> kept;
    kept.reserve((population_.size() + static_cast<std::size_t>(config_.mutants + config_.crossovers)) * num_genes_);
    for (auto& member : population_) {
      auto const genes = rows()[member.row];
      member.row = kept.size() / num_genes_;
      kept.insert(kept.end(), genes.begin(), genes.end());
    }
    genes_ = std::move(kept);
    clock_.charge(Part::selection);
  }

  /// Best first, without duplicates; notes the generation.
  void rank(int generation) {
    std::sort(population_.begin(), population_.end(), [&](Member const& a, Member const& b) { return is_before(a, b); });
    if (!config_.slips.kept_duplicates)
      population_.erase(std::unique(population_.begin(), population_.end(), [&](Member const& a, Member const& b) { return is_same(a, b); }),
                        population_.end());
    auto const& leader = population_.front();
    auto const genes = rows()[leader.row];
    if (generation == 0 || leader.fitness >= result_.best.fitness) {
      Candidate challenger{{genes.begin(), genes.end()}, task_.cost_model(genes), leader.fitness};
      if (generation == 0 || is_better(challenger, result_.best, metric_)) result_.best = std::move(challenger);
    }
    double sum = 0;
    for (auto const& member : population_) sum += member.fitness;
    result_.history.push_back({generation, leader.fitness, sum / static_cast<double>(population_.size()),
                               population_.back().fitness, scorer_.num_evaluated()});
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
  std::vector<std::uint8_t> genes_;  // [rows, num_genes]
  std::vector<Member> population_;
  EvolutionResult result_;
};

}  // namespace

EvolutionResult evolve(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config,
                       std::span<space::Genes const> initial, Scorer& scorer, Archive& archive, PartTimes& times) {
  return Evolution(comm, task, config, scorer, archive, times).run(initial);
}

}  // namespace apq::search
