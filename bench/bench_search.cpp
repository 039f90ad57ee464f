// How many candidates a second does the search make, repair, price and score on one core? The APQ ImageNet space with its 772-dim
// predictor (random weights cost the same time) and the analytic cost model. A counter "candidates" is distinct subnets per second.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "search/predictor_fitness.hpp"
#include "search/search.hpp"

namespace {

using namespace apq;

void search_latency(benchmark::State& state) {
  auto const space = space::load_space(APQ_SOURCE_DIR "/configs/spaces/apq_imagenet.yaml");
  cost::CostModel const cost_model(space, {});
  auto const file = std::filesystem::temp_directory_path() / "apq_bench_predictor.pt";
  train::AccuracyPredictor(space::Encoding(space), true, 1).save(file);
  search::PredictorFitness fitness(space, file, false);
  std::filesystem::remove(file);
  mpi::Communicator const alone(MPI_COMM_SELF);
  search::SearchConfig config;
  config.evolution.generations = static_cast<int>(state.range(0));
  config.constraints.push_back({{{cost::Metric::latency_ms, 10.0, std::nullopt}}, "bench"});
  std::uint64_t seed = 0, candidates = 0;
  for (auto _ : state) candidates += search::run_search(alone, space, cost_model, fitness, config, ++seed, {}).num_evaluated;
  state.counters["candidates"] = benchmark::Counter(static_cast<double>(candidates), benchmark::Counter::kIsRate);
}
BENCHMARK(search_latency)->Arg(100)->Unit(benchmark::kMillisecond)->MinTime(2);

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  MPI_Finalize();
}
