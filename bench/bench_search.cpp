// How many candidates a second does the search make, repair, price and score, and what does it spend its time on?
//   [mpirun -n R] bench_search [population=100] [generations=500] [repetitions=5] [space=FILE.yaml] [predictor=FILE]
// The APQ ImageNet space with its 772-dim predictor (3 x 400; random weights cost the same time) and the analytic cost model, under
// limits of latency, energy and BitOps at once (each at the 30 % quantile of random subnets). Medians over the repetitions of distinct
// subnets a second, by the clock and by the processor time of all ranks (which other programs disturb less), and of the seconds of each
// part on rank 0. As in the paper a quarter of a population are parents, one half of the
// children mutants, the other crossovers.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>

#include "common/core/heap.hpp"
#include "common/mpi/collectives.hpp"
#include "search/predictor_fitness.hpp"
#include "search/search.hpp"

namespace {

using namespace apq;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run(mpi::Communicator const& world, std::map<std::string, std::string> const& options) {
  auto const number = [&](char const* key, int fallback) { return options.contains(key) ? std::atoi(options.at(key).c_str()) : fallback; };
  auto const space =
      space::load_space(options.contains("space") ? options.at("space") : APQ_SOURCE_DIR "/configs/spaces/apq_imagenet.yaml");
  cost::CostModel const cost_model(space, {});
  auto const random_weights = std::filesystem::temp_directory_path() / ("apq_bench_predictor_" + std::to_string(world.rank()) + ".pt");
  train::AccuracyPredictor(space::Encoding(space), true, 1).save(random_weights);
  search::PredictorFitness fitness(space, options.contains("predictor") ? options.at("predictor") : random_weights.string(), false);
  std::filesystem::remove(random_weights);

  search::EvolutionConfig evolution;
  evolution.population = number("population", evolution.population);
  evolution.parents = std::max(1, evolution.population / 4);
  evolution.mutants = evolution.population / 2;
  evolution.crossovers = evolution.population - evolution.mutants;
  evolution.generations = number("generations", evolution.generations);
  search::ScenarioRequest request{{}, "bench"};
  for (auto const metric : {cost::Metric::latency_ms, cost::Metric::energy_mj, cost::Metric::bitops})
    request.limits.push_back({metric, search::cost_quantile(space, cost_model, metric, 0.3, 1), std::nullopt});

  std::vector<double> seconds, rates, processor_rates;
  std::array<std::vector<double>, search::part_names.size()> parts;
  std::vector<double> others, best;
  int const repetitions = number("repetitions", 5);
  for (int i = 0; i < repetitions; ++i) {
    auto const processor_start = std::clock();
    auto const seed = static_cast<std::uint64_t>(i + 1);
    auto scenarios = search::resolve_scenarios(space, cost_model, {request}, seed);
    auto outcome = search::run_search(world, space, cost_model, fitness, evolution, std::move(scenarios), seed, {});
    double processor_seconds = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
    mpi::allreduce_sum(world, std::span(&processor_seconds, 1));
    seconds.push_back(outcome.seconds);
    processor_rates.push_back(static_cast<double>(outcome.num_evaluated) / processor_seconds);
    rates.push_back(static_cast<double>(outcome.num_evaluated) / outcome.seconds);
    best.push_back(outcome.results[0].winner.fitness);
    double other = outcome.seconds;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      parts[p].push_back(outcome.times.seconds[p]);
      other -= outcome.times.seconds[p];
    }
    others.push_back(other);
  }
  if (!world.is_root()) return;
  std::printf(
      "%d ranks, population %d, %d generations: median of %d: %.3f s, %.0f candidates/s (%.0f to %.0f), %.0f per processor second, winner "
      "%.6f\n",
      world.size(), evolution.population, evolution.generations, repetitions, median(seconds), median(rates),
      *std::min_element(rates.begin(), rates.end()), *std::max_element(rates.begin(), rates.end()), median(processor_rates), median(best));
  for (std::size_t p = 0; p < parts.size(); ++p) std::printf("  %-10s %8.3f s\n", search::part_names[p], median(parts[p]));
  std::printf("  %-10s %8.3f s\n", "set-up", median(others));
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; ++i) {
    std::string const item = argv[i];
    options[item.substr(0, item.find('='))] = item.substr(item.find('=') + 1);
  }
  keep_freed_memory();  // as apq does
  MPI_Init(&argc, &argv);
  run(mpi::Communicator(MPI_COMM_WORLD), options);
  MPI_Finalize();
}
