// collect_fake DIRECTORY SAMPLES: a collection with a closed-form evaluator that takes some
// milliseconds a sample; rank 0 prints the content hash at the end.
#include <cstdlib>

#include <fmt/format.h>

#include "collect/collector.hpp"
#include "common/mpi/run_main.hpp"
#include "support/fake_evaluator.hpp"
#include "support/shared_data.hpp"

using namespace apq;

int main(int argc, char** argv) {
  return mpi::run_main(argc, argv, [](mpi::Communicator const& world, int, char** arguments) {
    auto const space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
    collect::CollectRequest request;
    request.space = &space;
    request.header.stage = "quant";
    request.header.seed = 21;
    request.header.space_hash = space.hash;
    request.num_samples = std::strtoull(arguments[2], nullptr, 10);
    request.directory = arguments[1];
    request.config.shard_rows = 7;
    request.config.flush_seconds = 0.02;
    collect::collect(world, request, [] {
      return std::make_unique<test::FakeEvaluator>(std::chrono::milliseconds(12));
    });
    if (world.is_root())
      fmt::print("{}\n", h5::content_hash(h5::read_dataset(request.directory).rows));
    return 0;
  });
}
