// How well does the analytic BitFusion model reproduce the released table, family by family, and
// how fast is it? APQ_DATA_DIR=../shared/data build/release/bench/bench_bitfusion
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "common/core/random.hpp"
#include "common/cost/bitfusion.hpp"
#include "common/cost/cost_model.hpp"
#include "common/cost/lookup_table.hpp"

namespace {
using namespace apq;
using namespace apq::cost;

struct Fit {
  int num_rows = 0, within_3_cycles = 0, within_1_percent = 0;
  double cycle_error = 0, worst = 0, energy_error = 0;

  void add(double cycles, double table_cycles, double energy_mj, double table_energy_mj) {
    double const error = std::abs(cycles - table_cycles) / table_cycles;
    ++num_rows;
    within_3_cycles += std::abs(cycles - table_cycles) <= 3;
    within_1_percent += error <= 0.01;
    cycle_error += error;
    worst = std::max(worst, error);
    energy_error += std::abs(energy_mj / table_energy_mj - 1);
  }
  void print(std::string const& name) const {
    fmt::print("{:<22} {:>6} {:>11.2f} {:>11.2f} {:>9.3f} {:>9.2f} {:>11.3f}\n", name, num_rows, 100.0 * within_3_cycles / num_rows,
               100.0 * within_1_percent / num_rows, 100 * cycle_error / num_rows, 100 * worst, 100 * energy_error / num_rows);
  }
};

void print_fit(std::filesystem::path const& file) {
  LookupTable const table(file);
  BitFusion model{Hardware{}};
  std::map<std::string, Fit> families;
  Fit all;
  for (auto const& [key, entry] : table.entries()) {
    LayerShape shape;
    LayerBits bits;
    int padding = 0;
    if (std::sscanf(key.c_str(), "(%d, %d, %d, %d, %d, %d, %d)-W%dA%d", &shape.in_channels, &shape.out_channels, &shape.in_size,
                    &shape.kernel, &shape.stride, &padding, &shape.groups, &bits.weight, &bits.activation) != 9)
      continue;  // head and tail
    auto const run = model.run(shape, bits);
    auto const family = shape.groups == 1 ? fmt::format("1x1 at {:>3}", shape.in_size)
                                          : fmt::format("depthwise {} /{} at {:>3}", shape.kernel, shape.stride, shape.in_size);
    for (Fit* fit : {&families[family], &all})
      fit->add(static_cast<double>(run.cycles), std::round(entry.latency_ms * 5e5), energy_nj(run, model.hardware()) * 1e-6,
               entry.energy_mj);
  }
  fmt::print("{:<22} {:>6} {:>11} {:>11} {:>9} {:>9} {:>11}\n", "layers", "rows", "<=3 cycles", "<=1 %", "mean %", "worst %", "energy %");
  for (auto const& [name, fit] : families) fit.print(name);
  all.print("all");
}

void dense_layer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(run_layer({96, 576, 14, 1, 1, 1}, {4, 6}, {}));
}
BENCHMARK(dense_layer)->Unit(benchmark::kMicrosecond);

void depthwise_layer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(run_layer({576, 576, 14, 7, 1, 576}, {4, 6}, {}));
}
BENCHMARK(depthwise_layer)->Unit(benchmark::kMicrosecond);

void cost_model_of_the_imagenet_space(benchmark::State& state) {
  auto const space = space::load_space(std::filesystem::path(APQ_SOURCE_DIR) / "configs/spaces/apq_imagenet.yaml");
  for (auto _ : state) benchmark::DoNotOptimize(CostModel(space, {}));
}
BENCHMARK(cost_model_of_the_imagenet_space)->Unit(benchmark::kMillisecond);

void cost_of_a_subnet(benchmark::State& state) {
  auto const space = space::load_space(std::filesystem::path(APQ_SOURCE_DIR) / "configs/spaces/apq_imagenet.yaml");
  CostModel const model(space, {});
  RandomStream random(1, "bench");
  auto const genes = space::random_genes(space, random, true);
  for (auto _ : state) benchmark::DoNotOptimize(model(genes));
}
BENCHMARK(cost_of_a_subnet);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  char const* const directory = std::getenv("APQ_DATA_DIR");
  auto const data = directory != nullptr ? std::filesystem::path(directory) : std::filesystem::path(APQ_SOURCE_DIR) / "../shared/data";
  auto const file = data / "tables/bitfusion_lut_b1.json";
  if (std::filesystem::exists(file)) print_fit(file);
  else fmt::print("{} is absent (set APQ_DATA_DIR): no comparison\n", file.string());
  std::fflush(stdout);
  benchmark::RunSpecifiedBenchmarks();
}
