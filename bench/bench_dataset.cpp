// How long do comparing, merging, querying and exporting 100,000 rows of the ImageNet space's quantised stage take, files read and written?
// TMPDIR says on which file system. build/release/bench/bench_dataset
#include <filesystem>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include "collect/row_export.hpp"
#include "common/core/random.hpp"
#include "common/h5/shard.hpp"
#include "dataset/difference.hpp"
#include "dataset/merge.hpp"
#include "dataset/query.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

fs::path const space_file = fs::path(APQ_SOURCE_DIR) / "configs/spaces/apq_imagenet.yaml";
constexpr std::size_t rows_a_shard = 4096;

/// Two folders of a dataset, of which each lacks another tenth of the rows, made once.
class Folders {
 public:
  explicit Folders(std::size_t rows) {
    auto const space = space::load_space(space_file);
    h5::Shard shard;
    shard.header.stage = "quant";
    shard.header.space_hash = space.hash;
    shard.header.space_name = space.name;
    shard.header.num_genes = space.num_genes();
    shard.header.source = "collected";
    for (std::uint64_t id = 0; id < rows; ++id) {
      RandomStream random(1, "bench.dataset", id);
      shard.rows.push_back({.id = id, .genes = space::random_genes(space, random, true), .correct5 = 900, .total = 1000});
      shard.rows.back().correct = static_cast<std::uint32_t>(600 + random.below(300));
    }
    for (std::uint64_t side : {0, 1}) {
      auto part = shard;
      std::erase_if(part.rows, [&](h5::Row const& row) { return row.id % 10 == side; });
      write(folder(side), part);
    }
  }
  ~Folders() { fs::remove_all(root_); }
  fs::path folder(std::uint64_t side) const { return root_ / (side == 0 ? "first" : "second"); }
  fs::path output() const { return root_ / "merged"; }

 private:
  static void write(fs::path const& folder, h5::Shard const& all) {
    fs::create_directories(folder / "shards/quant");
    for (std::size_t first = 0; first < all.rows.size(); first += rows_a_shard) {
      h5::Shard shard{all.header, {}};
      auto const end = std::min(all.rows.size(), first + rows_a_shard);
      shard.rows.assign(all.rows.begin() + static_cast<std::ptrdiff_t>(first), all.rows.begin() + static_cast<std::ptrdiff_t>(end));
      h5::write_shard(folder / fmt::format("shards/quant/{:06}.h5", first), shard);
    }
  }
  fs::path root_ = fs::temp_directory_path() / ("apq-bench-dataset-" + std::to_string(::getpid()));
};

Folders const& folders(std::size_t rows) {
  static Folders const made(rows);
  return made;
}

void diff(benchmark::State& state) {
  auto const& made = folders(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(dataset::differences(made.folder(0), made.folder(1)));
}
BENCHMARK(diff)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

void merge(benchmark::State& state) {
  auto const& made = folders(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    dataset::merge_datasets(made.folder(0), made.folder(1), made.output(), dataset::OnContradiction::refuse);
    state.PauseTiming();
    fs::remove_all(made.output());
    state.ResumeTiming();
  }
}
BENCHMARK(merge)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

void query(benchmark::State& state) {
  auto const& made = folders(static_cast<std::size_t>(state.range(0)));
  dataset::RowQuery const query{.where = {dataset::parse_condition("accuracy >= 0.7"), dataset::parse_condition("any bits = 4")},
                                .columns = dataset::parse_row_columns("id,accuracy,ks")};
  std::size_t bytes = 0;
  for (auto _ : state) dataset::query_rows(made.folder(0), space_file, query, [&](std::string const& line) { bytes += line.size(); });
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(query)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

void export_rows(benchmark::State& state) {
  auto const& made = folders(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state)
    collect::export_rows(made.folder(0), space_file, collect::RowFormat::csv, [&](std::string const& line) { bytes += line.size(); });
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(export_rows)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
