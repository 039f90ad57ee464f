// How many rows a second go into shards, written whole with fsync as the collector does, and out of
// them? TMPDIR says on which file system. build/release/bench/bench_shard
#include <filesystem>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "common/core/random.hpp"
#include "common/h5/shard.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

struct Directory {
  fs::path path = fs::temp_directory_path() / ("apq-bench-shard-" + std::to_string(::getpid()));
  Directory() { fs::create_directories(path); }
  ~Directory() { fs::remove_all(path); }
};

// Rows of the ImageNet space's quantised stage: 132 genes.
h5::Shard make_shard(std::size_t rows) {
  h5::Shard shard;
  shard.header.stage = "quant";
  shard.header.num_genes = 132;
  shard.header.config = std::string(4000, '#');
  for (std::size_t i = 0; i < rows; ++i) {
    RandomStream random(1, "bench.shard", i);
    h5::Row row{.id = i, .genes = {}, .correct = 700, .correct5 = 900, .total = 1000};
    for (int g = 0; g < 132; ++g) row.genes.push_back(static_cast<std::uint8_t>(random.below(8)));
    shard.rows.push_back(std::move(row));
  }
  return shard;
}

void set_rates(benchmark::State& state, fs::path const& file) {
  state.counters["rows"] = benchmark::Counter(static_cast<double>(state.range(0)), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["file_bytes"] = static_cast<double>(fs::file_size(file));
}

void write_shard(benchmark::State& state) {
  Directory const directory;
  auto const shard = make_shard(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) h5::write_shard(directory.path / "s.h5", shard);
  set_rates(state, directory.path / "s.h5");
}
BENCHMARK(write_shard)->Arg(1)->Arg(32)->Arg(1024)->Arg(32768)->UseRealTime()->Unit(benchmark::kMillisecond);

void read_shard(benchmark::State& state) {
  Directory const directory;
  h5::write_shard(directory.path / "s.h5", make_shard(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(h5::read_shard(directory.path / "s.h5"));
  set_rates(state, directory.path / "s.h5");
}
BENCHMARK(read_shard)->Arg(32)->Arg(1024)->Arg(32768)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
