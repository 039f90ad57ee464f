#include "collect/collector.hpp"

#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "support/fake_evaluator.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

class Collector : public testing::Test {
 protected:
  void SetUp() override {
    if (world.is_root()) directory_.emplace();
    root = mpi::broadcast(world, directory_ ? directory_->path().string() : std::string());
    space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  }
  void TearDown() override { mpi::barrier(world); }

  collect::CollectRequest request(std::uint64_t samples, std::string const& stage = "fp") {
    collect::CollectRequest r;
    r.space = &space;
    r.header.stage = stage;
    r.header.seed = 5;
    r.header.space_hash = space.hash;
    r.header.supernet_hash = "fake";
    r.header.evaluation_hash = "fake";
    r.num_samples = samples;
    r.directory = root / "shards" / stage;
    r.config.shard_rows = 8;
    r.config.flush_seconds = 0.01;
    return r;
  }
  collect::CollectResult run(collect::CollectRequest const& r) {
    return collect::collect(world, r, [] {
      return std::make_unique<test::FakeEvaluator>(std::chrono::milliseconds(1));
    });
  }
  // The dataset as one rank alone would have made it, without files.
  std::string expected_hash(std::uint64_t samples, std::string const& stage = "fp") const {
    std::vector<h5::Row> rows;
    test::FakeEvaluator evaluator;
    for (std::uint64_t i = 0; i < samples; ++i) {
      auto const genes = collect::sample(space, 5, stage, i);
      auto const label = evaluator.evaluate(space::subnet_of(space, genes), i);
      rows.push_back({.id = i,
                      .genes = genes,
                      .correct = label.correct,
                      .correct5 = label.correct5,
                      .total = label.total});
    }
    return h5::content_hash(rows);
  }
  std::string hash(std::string const& stage = "fp") const {
    return h5::content_hash(h5::read_dataset(root / "shards" / stage).rows);
  }

  mpi::Communicator world{MPI_COMM_WORLD};
  fs::path root;
  space::SearchSpace space;

 private:
  std::optional<test::TempDir> directory_;
};

TEST_F(Collector, TheDatasetDoesNotDependOnTheRanks) {
  auto const result = run(request(37));
  EXPECT_EQ(result.collected, 37u);
  EXPECT_EQ(hash(), expected_hash(37));
  run(request(11, "quant"));
  EXPECT_EQ(hash("quant"), expected_hash(11, "quant"));
}

TEST_F(Collector, OnlyWhatIsMissingIsDone) {
  run(request(10));
  auto const more = run(request(25));
  EXPECT_EQ(more.already_there, 10u);
  EXPECT_EQ(more.collected, 15u);
  EXPECT_EQ(run(request(25)).collected, 0u);
  EXPECT_EQ(hash(), expected_hash(25));
}

TEST_F(Collector, ADamagedShardIsSetAsideAndItsSamplesCollectedAgain) {
  run(request(30));
  mpi::barrier(world);
  if (world.is_root()) {
    auto const victim = h5::read_dataset(root / "shards/fp").files.front();
    auto bytes = read_file(victim);
    replace_file(victim, std::string_view(bytes).substr(0, bytes.size() / 2));
  }
  mpi::barrier(world);
  EXPECT_GT(run(request(30)).collected, 0u);
  EXPECT_EQ(hash(), expected_hash(30));
  int aside = 0;
  for (auto const& entry : fs::directory_iterator(root / "shards/fp"))
    aside += entry.path().extension() == ".damaged";
  EXPECT_EQ(aside, 1);
}

TEST_F(Collector, ShardsOfAnotherSupernetAreRefusedNamingBothHashes) {
  run(request(5));
  auto other = request(5);
  other.header.supernet_hash = "stranger";
  try {
    run(other);
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    std::string const text = e.what();
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_NE(text.find("supernet_hash fake"), std::string::npos) << text;
    EXPECT_NE(text.find("stranger"), std::string::npos) << text;
  }
}

class FailsAt : public test::FakeEvaluator {
 public:
  explicit FailsAt(std::uint64_t sample) : sample_(sample) {}
  collect::Label evaluate(space::Subnet const& subnet, std::uint64_t sample) override {
    auto label = FakeEvaluator::evaluate(subnet, sample);
    if (sample == sample_) label.loss = std::numeric_limits<double>::quiet_NaN();
    return label;
  }

 private:
  std::uint64_t sample_;
};

TEST_F(Collector, ALabelThatIsNotANumberStopsEveryRankAndNamesTheSample) {
  try {
    collect::collect(world, request(20), [] { return std::make_unique<FailsAt>(13); });
    ADD_FAILURE() << "must stop";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::numeric);
    EXPECT_NE(std::string(e.what()).find("sample 13 of stage fp"), std::string::npos) << e.what();
  }
  // What was sound stays; a run with a sound evaluator completes it.
  run(request(20));
  EXPECT_EQ(hash(), expected_hash(20));
}

}  // namespace
