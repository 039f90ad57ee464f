// collect_fake STUDY SAMPLES [PAUSE_MS]: a collection with a closed-form evaluator that takes some
// milliseconds a sample; rank 0 prints the content hash at the end.
#include <cstdlib>

#include <fmt/format.h>

#include "collect/collector.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"
#include "common/mpi/run_main.hpp"
#include "support/fake_evaluator.hpp"
#include "support/shared_data.hpp"

using namespace apq;

int main(int argc, char** argv) {
  return mpi::run_main(argc, argv, [](mpi::Communicator const& world, int count, char** arguments) {
    auto const space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
    StudyLayout const study{arguments[1]};
    std::chrono::milliseconds const pause(count > 3 ? std::atoi(arguments[3]) : 12);
    collect::CollectRequest request;
    request.space = &space;
    request.header.stage = "quant";
    request.header.seed = 21;
    request.header.space_hash = space.hash;
    request.num_samples = std::strtoull(arguments[2], nullptr, 10);
    request.directory = study.shards("quant");
    request.joined = study.joined("quant");
    request.config.shard_rows = 7;
    request.config.flush_seconds = 0.02;
    collect::collect(world, request, [&] { return std::make_unique<test::FakeEvaluator>(pause); });
    if (world.is_root()) fmt::print("{}\n", h5::content_hash(h5::read_stage(study, "quant").rows));
    return 0;
  });
}
