#include "search/search.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "common/mpi/collectives.hpp"
#include "common/mpi/turns.hpp"
#include "search/cheapest.hpp"

namespace apq::search {

namespace {

/// Every rank's archive learns what the others' remember. Collective.
void share(mpi::Communicator const& comm, std::size_t num_genes, Archive& archive) {
  struct Known {
    cost::Cost cost;
    double fitness;
  };
  std::vector<std::uint8_t> my_genes;
  std::vector<Known> mine;
  for (auto const& candidate : archive.contents()) {
    my_genes.insert(my_genes.end(), candidate.genes.begin(), candidate.genes.end());
    mine.push_back({candidate.cost, candidate.fitness});
  }
  auto const genes = mpi::allgather(comm, std::span<std::uint8_t const>(my_genes));
  auto const known = mpi::allgather(comm, std::span<Known const>(mine));
  space::GeneRows const rows(genes, num_genes);
  for (std::size_t i = 0; i < known.size(); ++i) archive.add(rows[i], known[i].cost, known[i].fitness);
}

}  // namespace

SearchOutcome run_search(mpi::Communicator const& comm, space::SearchSpace const& space, cost::CostModel const& cost_model,
                         Fitness& fitness, EvolutionConfig const& config, std::vector<Scenario> scenarios, std::uint64_t seed,
                         std::vector<space::Genes> const& initial) {
  auto const start = std::chrono::steady_clock::now();
  Domain const domain(space);
  SearchOutcome outcome;
  std::vector<Limits> watched;
  for (auto& scenario : scenarios) {
    watched.push_back(scenario.limits);
    outcome.results.push_back({std::move(scenario), {}, {}});
  }

  // Tightest first, by how far a limit lies above the smallest possible cost; ties in the order of the file.
  std::vector<std::size_t> order(outcome.results.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<double> looseness;
  for (auto const& limits : watched) {
    auto const& limit = limits.front();
    looseness.push_back(limit.value / cost::value_of(cost_model(cheapest(domain, cost_model, limit.metric)), limit.metric));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return looseness[a] < looseness[b]; });

  mpi::Turns turns(comm, "search");
  Scorer scorer(comm, fitness);
  Archive archive(watched);
  for (std::size_t i : order) {
    auto& result = outcome.results[i];
    // What is known to meet the limit leads; collected samples follow, repaired where they need it; half stays random.
    std::vector<space::Genes> begin;
    if (auto const* best = archive.best(i)) begin.push_back(best->genes);
    for (auto const& genes : initial)
      if (begin.size() < static_cast<std::size_t>(config.population / 2)) begin.push_back(genes);
    EvolutionTask const task{domain, cost_model, result.scenario.limits, seed, i, result.scenario.fallback};
    auto evolved = evolve(comm, task, config, begin, turns, scorer, archive, outcome.times);
    share(comm, static_cast<std::size_t>(domain.num_genes()), archive);
    result.history = std::move(evolved.history);
    result.winner = std::move(evolved.best);
  }
  // A later scenario may have come across something better for an earlier one.
  for (std::size_t i = 0; i < outcome.results.size(); ++i)
    if (auto const* best = archive.best(i))
      if (is_better(*best, outcome.results[i].winner, watched[i].front().metric)) outcome.results[i].winner = *best;
  outcome.front = archive.members();
  outcome.num_evaluated = scorer.num_evaluated();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace apq::search
