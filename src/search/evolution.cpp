#include "search/evolution.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

#include "common/mpi/collectives.hpp"
#include "search/repair.hpp"
#include "search/variation.hpp"

namespace apq::search {
namespace {

/// Child j of generation g of task i has a stream of its own.
RandomStream stream_for(EvolutionTask const& task, char const* purpose, std::uint64_t generation, std::size_t child) {
  return {task.seed, purpose, task.index << 48 | generation << 24 | child};
}

/// Makes n individuals without fitness, each rank a part of them. `make` gives genes and the stream they were drawn from.
template <class Make>
std::vector<Candidate> make_individuals(mpi::Communicator const& comm, EvolutionTask const& task, std::size_t n,
                                        Make const& make) {
  auto const num_genes = static_cast<std::size_t>(task.domain.num_genes());
  auto const record = num_genes + sizeof(cost::Cost);
  auto const range = mpi::block_range(n, comm.size(), comm.rank());
  std::vector<std::byte> mine((range.last - range.first) * record);
  mpi::collectively(comm, [&] {
    auto* at = mine.data();
    for (std::size_t i = range.first; i < range.last; ++i, at += record) {
      auto [genes, random] = make(i);
      auto const cost = repair(task.domain, task.cost_model, task.constraint, task.fallback, genes, random);
      std::memcpy(at, genes.data(), num_genes);
      std::memcpy(at + num_genes, &cost, sizeof cost);
    }
  });
  auto const all = mpi::allgather_bytes(comm, mine);
  std::vector<Candidate> individuals(n);
  for (std::size_t i = 0; i < n; ++i) {
    auto const* const at = all.data() + i * record;
    individuals[i].genes.resize(num_genes);
    std::memcpy(individuals[i].genes.data(), at, num_genes);
    std::memcpy(&individuals[i].cost, at + num_genes, sizeof(cost::Cost));
  }
  return individuals;
}

struct Drawn {
  space::Genes genes;
  RandomStream random;
};

class Evolution {
 public:
  Evolution(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config, Scorer& scorer,
            Archive& archive)
      : comm_(comm), task_(task), config_(config), scorer_(scorer), archive_(archive) {}

  EvolutionResult run(std::span<space::Genes const> initial) {
    begin(initial);
    int const generations = config_.generations + (config_.slips.extra_generation ? 1 : 0);
    for (int g = 1; g <= generations; ++g) advance(g);
    result_.population = population_;
    return std::move(result_);
  }

 private:
  void begin(std::span<space::Genes const> initial) {
    auto individuals = make_individuals(comm_, task_, static_cast<std::size_t>(config_.population), [&](std::size_t i) {
      auto random = stream_for(task_, "search.initial", 0, i);
      return Drawn{i < initial.size() ? initial[i] : draw(task_.domain, random), random};
    });
    score(individuals);
    if (config_.slips.halved_first_generation) individuals.resize((individuals.size() + 1) / 2);
    population_ = std::move(individuals);
    rank(0);
  }

  void advance(int generation) {
    population_.resize(std::min(population_.size(), static_cast<std::size_t>(config_.parents)));
    auto const num_mutants = static_cast<std::size_t>(config_.mutants);
    auto const num_children = num_mutants + static_cast<std::size_t>(config_.crossovers);
    auto children = make_individuals(comm_, task_, num_children, [&](std::size_t child) {
      auto random = stream_for(task_, "search.child", static_cast<std::uint64_t>(generation), child);
      auto const parent = [&]() -> space::Genes const& { return population_[random.below(population_.size())].genes; };
      if (child < num_mutants) {
        auto genes = mutate(task_.domain, parent(), config_.mutation_rate, config_.slips, random);
        return Drawn{std::move(genes), random};
      }
      auto const& first = parent();
      auto const& second = parent();
      auto genes = cross(task_.domain, first, second, config_.slips, random);
      return Drawn{std::move(genes), random};
    });
    score(children);
    if (config_.slips.discarded_crossovers) children.resize(children.size() / 2);
    std::move(children.begin(), children.end(), std::back_inserter(population_));
    rank(generation);
  }

  void score(std::vector<Candidate>& individuals) {
    std::vector<space::Genes> genes;
    genes.reserve(individuals.size());
    for (auto const& individual : individuals) genes.push_back(individual.genes);
    auto const scores = scorer_.score(genes);
    for (std::size_t i = 0; i < individuals.size(); ++i) {
      individuals[i].fitness = scores[i];
      archive_.add(individuals[i]);
    }
  }

  /// Best first, without duplicates; notes the generation.
  void rank(int generation) {
    auto const metric = task_.constraint.front().metric;
    std::sort(population_.begin(), population_.end(),
              [&](Candidate const& a, Candidate const& b) { return is_better(a, b, metric); });
    if (!config_.slips.kept_duplicates)
      population_.erase(std::unique(population_.begin(), population_.end()), population_.end());
    if (generation == 0 || is_better(population_.front(), result_.best, metric)) result_.best = population_.front();
    double sum = 0;
    for (auto const& individual : population_) sum += individual.fitness;
    result_.history.push_back({generation, population_.front().fitness, sum / static_cast<double>(population_.size()),
                               population_.back().fitness, scorer_.num_evaluated()});
  }

  mpi::Communicator const& comm_;
  EvolutionTask const& task_;
  EvolutionConfig const& config_;
  Scorer& scorer_;
  Archive& archive_;
  std::vector<Candidate> population_;
  EvolutionResult result_;
};

}  // namespace

EvolutionResult evolve(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config,
                       std::span<space::Genes const> initial, Scorer& scorer, Archive& archive) {
  return Evolution(comm, task, config, scorer, archive).run(initial);
}

}  // namespace apq::search
