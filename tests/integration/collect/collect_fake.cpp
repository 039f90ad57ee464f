// collect_fake STUDY SAMPLES [PAUSE_MS]: a collection with a closed-form evaluator that takes some milliseconds a sample; APQ_FAKE says
// what else it does (support/fake_evaluator.hpp). At the end root reads the stage for all ranks and prints its content hash, and on
// standard error how many rows its shards hold, repeated ones too. APQ_EXPIRY and APQ_SAMPLE_TIMEOUT are those settings in seconds,
// APQ_RETRY retries what is in quarantine. collect_fake STUDY: the reading alone.
#include <cstdlib>

#include <fmt/format.h>

#include "collect/collector.hpp"
#include "collect/dataset_broadcast.hpp"
#include "common/core/error.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/run_main.hpp"
#include "support/fake_evaluator.hpp"
#include "support/shared_data.hpp"

using namespace apq;

namespace {

double number_of(char const* variable, double otherwise) {
  char const* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atof(text);
}

void collect_stage(mpi::Communicator const& world, StudyLayout const& study, std::uint64_t samples, double pause) {
  auto const space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  collect::CollectRequest request;
  request.space = &space;
  request.header.stage = "quant";
  request.header.seed = 21;
  request.header.space_hash = space.hash;
  request.num_samples = samples;
  request.study = study;
  request.config.shard_rows = 7;
  request.config.flush_seconds = 0.02;
  request.config.sample_timeout = number_of("APQ_SAMPLE_TIMEOUT", 0);
  request.jobs.expiry_s = number_of("APQ_EXPIRY", 600);
  request.retry_quarantined = number_of("APQ_RETRY", 0) > 0;
  auto const behaviour = test::behaviour_of_environment(pause);
  collect::collect(world, request, [&] { return std::make_unique<test::FakeEvaluator>(behaviour); });
}

}  // namespace

int main(int argc, char** argv) {
  return mpi::run_main(argc, argv, [](mpi::Communicator const& world, int count, char** arguments) {
    StudyLayout const study{arguments[1]};
    if (count > 2)
      collect_stage(world, study, std::strtoull(arguments[2], nullptr, 10), count > 3 ? std::atof(arguments[3]) / 1000 : 0.012);
    h5::Dataset dataset;
    mpi::collectively(world, [&] {
      if (world.is_root()) dataset = h5::read_stage(study, "quant");
    });
    dataset = collect::broadcast_dataset(world, std::move(dataset));
    auto const mine = h5::content_hash(dataset.rows);
    mpi::collectively(world, [&] {
      if (dataset.rows.empty()) throw Error(Errc::data, "collect_fake: a rank has no rows");
    });
    for (auto const digit : mpi::allgather<char>(world, std::span<char const>(mine.data(), 1)))
      if (digit != mine.front()) throw Error(Errc::internal, "collect_fake: the ranks have different rows");
    std::size_t stored = 0;
    for (auto const& file : dataset.files) stored += file.rows;
    if (world.is_root()) fmt::print(stderr, "{} rows stored, {} labels\n", stored, dataset.rows.size());
    if (world.is_root()) fmt::print("{}\n", mine);
    return 0;
  });
}
