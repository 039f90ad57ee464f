// How many images a second does one core evaluate, full precision and quantised? The quickstart's space and images;
// random weights cost the same time as trained ones. A counter "images" is images per second.
#include <benchmark/benchmark.h>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "common/core/heap.hpp"
#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/image/load.hpp"
#include "common/space/subnet.hpp"

namespace {

using namespace apq;

struct Bench {
  space::SearchSpace space = space::load_space(APQ_SOURCE_DIR "/configs/spaces/fashion_mnist.yaml");
  net::Supernet supernet = net::make_supernet(space, 1);
  engine::LabelledBatches calibration, validation;
  std::unique_ptr<engine::Engine> engine = engine::make_engine(engine::EngineKind::automatic);
  Bench() {
    at::set_num_threads(1);
    image::DataConfig data;
    data.calibration_images = 500;
    data.validation_images = 2000;
    auto const splits = image::load_splits(mpi::Communicator(MPI_COMM_WORLD), data, {1, space.image_size, space.num_classes},
                                           {.calibration = true, .validation = true});
    calibration = engine::make_batches(splits.calibration, 250, data.normalisation);
    validation = engine::make_batches(splits.validation, 100, data.normalisation);
  }
};

// 16 seeded random subnets, in turn: the mean is over the space, not over one network.
void sample(benchmark::State& state, bool quantised, bool with_calibration) {
  static Bench const bench;
  std::uint64_t index = 0;
  std::int64_t images = 0;
  for (auto _ : state) {
    state.PauseTiming();
    RandomStream random(1, "bench.subnets", index++ % 16);
    auto const subnet = space::subnet_of(bench.space, space::random_genes(bench.space, random, quantised));
    auto net = net::slice(bench.supernet, subnet);
    if (!with_calibration) engine::prepare(net, bench.calibration.images, {}, *bench.engine);
    state.ResumeTiming();
    if (with_calibration) {
      at::NoGradGuard const no_grad;
      engine::prepare(net, bench.calibration.images, {}, *bench.engine);
    }
    auto const counts = engine::evaluate(*bench.engine->compile(net), bench.validation);
    images += counts.total;
  }
  state.counters["images"] = benchmark::Counter(static_cast<double>(images), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(sample, evaluate_fp, false, false)->Unit(benchmark::kMillisecond)->MinTime(3);
BENCHMARK_CAPTURE(sample, evaluate_quantised, true, false)->Unit(benchmark::kMillisecond)->MinTime(3);
BENCHMARK_CAPTURE(sample, whole_sample_fp, false, true)->Unit(benchmark::kMillisecond)->MinTime(3);
BENCHMARK_CAPTURE(sample, whole_sample_quantised, true, true)->Unit(benchmark::kMillisecond)->MinTime(3);

}  // namespace

int main(int argc, char** argv) {
  apq::keep_freed_memory();  // as apq itself does
  MPI_Init(&argc, &argv);    // the images lie in shared memory
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  MPI_Finalize();
}
