#include "search/search.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::search {

double cost_quantile(space::SearchSpace const& space, cost::CostModel const& cost_model, cost::Metric metric, double quantile,
                     std::uint64_t seed) {
  constexpr std::size_t num_draws = 1000;
  std::vector<double> costs;
  for (std::uint64_t i = 0; i < num_draws; ++i) {
    RandomStream random(seed, "search.quantile", i);
    costs.push_back(cost::value_of(cost_model(space::random_genes(space, random, true)), metric));
  }
  std::sort(costs.begin(), costs.end());
  return costs[static_cast<std::size_t>(quantile * static_cast<double>(num_draws - 1))];
}

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
                         Fitness& fitness, SearchConfig const& config, std::uint64_t seed, std::vector<space::Genes> const& initial) {
  auto const start = std::chrono::steady_clock::now();
  Domain const domain(space);
  SearchOutcome outcome;
  std::vector<space::Genes> fallbacks;
  std::vector<Constraint> watched;
  mpi::collectively(comm, [&] {
    if (config.constraints.empty())
      throw Error(Errc::config, "search.constraints: is empty; give at least one, e.g. - {metric: latency_ms, quantile: 0.3}");
    for (auto const& request : config.constraints) {
      Scenario scenario{.request = request, .constraint = {}, .winner = {}, .history = {}};
      for (auto const& limit : request.limits)
        scenario.constraint.push_back(
            {limit.metric, limit.value ? *limit.value : cost_quantile(space, cost_model, limit.metric, *limit.quantile, seed)});
      fallbacks.push_back(feasible_member(domain, cost_model, scenario.constraint, request.where));
      watched.push_back(scenario.constraint);
      outcome.scenarios.push_back(std::move(scenario));
    }
  });

  // Tightest first, by how far a limit lies above the smallest possible cost; ties in the order of the file.
  std::vector<std::size_t> order(outcome.scenarios.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<double> looseness;
  for (auto const& scenario : outcome.scenarios) {
    auto const& limit = scenario.constraint.front();
    looseness.push_back(limit.value / cost::value_of(cost_model(cheapest(domain, cost_model, limit.metric)), limit.metric));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return looseness[a] < looseness[b]; });

  Scorer scorer(comm, fitness);
  Archive archive(watched);
  for (std::size_t i : order) {
    auto& scenario = outcome.scenarios[i];
    // What is known to meet the limit leads; collected samples follow, repaired where they need it; half stays random.
    std::vector<space::Genes> begin;
    if (auto const* best = archive.best(i)) begin.push_back(best->genes);
    for (auto const& genes : initial)
      if (begin.size() < static_cast<std::size_t>(config.evolution.population / 2)) begin.push_back(genes);
    EvolutionTask const task{domain, cost_model, scenario.constraint, seed, i, fallbacks[i]};
    auto result = evolve(comm, task, config.evolution, begin, scorer, archive, outcome.times);
    share(comm, static_cast<std::size_t>(domain.num_genes()), archive);
    scenario.history = std::move(result.history);
    scenario.winner = std::move(result.best);
    log::root().info("search: {} -> {:.2f} % {}", describe(scenario.constraint), 100 * scenario.winner.fitness, fitness.name());
  }
  // A later scenario may have come across something better for an earlier one.
  for (std::size_t i = 0; i < outcome.scenarios.size(); ++i)
    if (auto const* best = archive.best(i))
      if (is_better(*best, outcome.scenarios[i].winner, watched[i].front().metric)) outcome.scenarios[i].winner = *best;
  outcome.front = archive.members();
  outcome.num_evaluated = scorer.num_evaluated();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace apq::search
