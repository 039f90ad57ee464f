#include "collect/collector.hpp"

#include <array>
#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "collect/directory_lock.hpp"
#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "support/fake_evaluator.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "support/tiny_space.hpp"

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
    r.header.identity = {{"supernet", "fake"}, {"evaluator.engine", "fake"}};
    r.num_samples = samples;
    r.directory = root / "shards" / stage;
    r.config.shard_rows = 8;
    r.config.flush_seconds = 0.01;
    return r;
  }
  collect::CollectResult run(collect::CollectRequest const& r) {
    return collect::collect(world, r, [] { return std::make_unique<test::FakeEvaluator>(test::FakeBehaviour{0.001}); });
  }
  std::string message_of(collect::CollectRequest const& r) {
    try {
      run(r);
    } catch (Error const& e) {
      return e.what();
    }
    return "";
  }
  // The dataset as one rank alone would have made it, without files.
  std::string expected_hash(std::uint64_t samples, std::string const& stage = "fp") const {
    std::vector<h5::Row> rows;
    test::FakeEvaluator evaluator;
    for (std::uint64_t i = 0; i < samples; ++i) {
      auto const genes = collect::sample(space, 5, stage, i);
      auto const label = evaluator.evaluate(space::subnet_of(space, genes), i);
      rows.push_back({.id = i, .genes = genes, .correct = label.correct, .correct5 = label.correct5, .total = label.total});
    }
    return h5::content_hash(rows);
  }
  std::string hash(std::string const& stage = "fp") const { return h5::content_hash(h5::read_dataset(root / "shards" / stage).rows); }

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
    auto const victim = h5::read_dataset(root / "shards/fp").files.front().path;
    auto bytes = read_file(victim);
    replace_file(victim, std::string_view(bytes).substr(0, bytes.size() / 2));
  }
  mpi::barrier(world);
  EXPECT_GT(run(request(30)).collected, 0u);
  EXPECT_EQ(hash(), expected_hash(30));
  int aside = 0;
  for (auto const& entry : fs::directory_iterator(root / "shards/fp")) aside += entry.path().extension() == ".damaged";
  EXPECT_EQ(aside, 1);
}

// It is sound, and its labels may be dear.
TEST_F(Collector, AShardOfAnotherFormatIsRefusedNotSetAside) {
  run(request(5));
  mpi::barrier(world);
  if (world.is_root()) {
    auto file = h5::File::create("newer");
    file.write_attribute("format", "apq shard");
    file.write_attribute("format_version", std::uint64_t{99});
    file.save(root / "shards/fp/z.h5");
  }
  mpi::barrier(world);
  auto const message = message_of(request(9));
  EXPECT_NE(message.find("z.h5: has shard format 99; this apq reads format 2"), std::string::npos) << message;
  EXPECT_TRUE(fs::exists(root / "shards/fp/z.h5"));
}

TEST_F(Collector, ShardsOfAnotherSupernetAreRefusedNamingBoth) {
  run(request(5));
  auto other = request(5);
  other.header.identity["supernet"] = "stranger";
  try {
    run(other);
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    std::string const text = e.what();
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_NE(text.find("(supernet: fake there, stranger here)"), std::string::npos) << text;
  }
}

TEST_F(Collector, SamplesDrawnInAnotherWayAreRefused) {
  run(request(12, "quant"));
  auto other = request(24, "quant");
  other.config.policies_per_architecture = 4;
  EXPECT_NE(message_of(other).find("is another subnet than this study draws"), std::string::npos) << message_of(other);
}

TEST_F(Collector, ASmallSpaceIsLabelledOnceAndTheUserIsTold) {
  space = test::tiny_space();
  for (std::string const stage : {"fp", "quant"}) {
    testing::internal::CaptureStderr();
    auto const result = run(request(120, stage));
    auto const log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(result.collected, 16u);
    if (world.is_root()) {
      EXPECT_NE(log.find(stage == "fp" ? "the space has 16 different subnets in full precision: all are labelled; 120 were asked for"
                                       : "the space has 16 different subnets with their bit widths: all are labelled; 120 were asked for"),
                std::string::npos)
          << log;
    }
    auto const rows = h5::read_dataset(root / "shards" / stage).rows;
    std::set<space::Genes> seen;
    for (auto const& row : rows) seen.insert(row.genes);
    EXPECT_EQ(rows.size(), 16u);
    EXPECT_EQ(seen.size(), 16u);
    EXPECT_EQ(hash(stage), expected_hash(16, stage));
    mpi::barrier(world);
    EXPECT_EQ(run(request(120, stage)).collected, 0u);
  }
}

TEST_F(Collector, WhatEvaluatorsNeedIsPreparedOnlyWhenThereIsWork) {
  int prepared = 0;
  auto r = request(12);
  r.prepare = [&] {
    mpi::barrier(world);
    ++prepared;
  };
  run(r);
  EXPECT_EQ(prepared, 1);
  run(r);
  EXPECT_EQ(prepared, 1);
}

TEST_F(Collector, ARowTakesTheEnergyThatIsAddedDuringIt) {
  double total = 0;
  auto r = request(10);
  r.joules = [&] { return total += 2; };
  run(r);
  for (auto const& row : h5::read_dataset(root / "shards/fp").rows) EXPECT_EQ(row.joules, 2.0f);
}

TEST_F(Collector, OneRunAtATimeInADirectory) {
  run(request(3));
  std::optional<collect::DirectoryLock> held;
  if (world.is_root()) held.emplace(root / "shards/fp");
  mpi::barrier(world);
  auto const message = message_of(request(6));
  EXPECT_NE(message.find("another run works here"), std::string::npos) << message;
  auto guarded = request(6);
  guarded.lock = false;  // as one whose caller holds it
  EXPECT_EQ(run(guarded).collected, 3u);
  held.reset();
  run(request(6));
  EXPECT_EQ(hash(), expected_hash(6));
}

TEST_F(Collector, TheJoinedFileFollowsTheShards) {
  auto r = request(9);
  r.joined = root / "dataset_fp.h5";
  auto rows_joined = [&] {
    EXPECT_NO_THROW(h5::check_joined(r.joined, h5::read_dataset(r.directory)));
    std::size_t rows = 0;
    for (auto const& shard : h5::read_manifest(r.joined)) rows += shard.rows;
    return rows;
  };
  run(r);
  EXPECT_EQ(rows_joined(), 9u);
  mpi::barrier(world);
  // As if the run had been killed before it joined.
  r.num_samples = 14;
  auto unjoined = r;
  unjoined.joined.clear();
  run(unjoined);
  EXPECT_EQ(rows_joined(), 9u);
  mpi::barrier(world);
  EXPECT_EQ(run(r).collected, 0u);
  EXPECT_EQ(rows_joined(), 14u);
}

// Does what `fault` says at one sample; the other samples are labelled as always.
class FaultAt : public test::FakeEvaluator {
 public:
  using Fault = std::function<void(evaluate::Label&)>;
  FaultAt(std::uint64_t sample, Fault fault) : FakeEvaluator({0.001}), sample_(sample), fault_(std::move(fault)) {}
  evaluate::Label evaluate(space::Subnet const& subnet, std::uint64_t sample) override {
    auto label = FakeEvaluator::evaluate(subnet, sample);
    if (sample == sample_) fault_(label);
    return label;
  }

 private:
  std::uint64_t sample_;
  Fault fault_;
};

class FaultySample : public Collector {
 protected:
  // A collection in which sample 13 goes wrong. All ranks get the same error and stop early; what
  // was sound stays, and a run with a sound evaluator completes it.
  void run_with(FaultAt::Fault const& fault) {
    std::array<double, 1> faults{0};
    run_with_evaluator([&] {
      return std::make_unique<FaultAt>(13, [&](auto& label) {
        ++faults[0];
        fault(label);
      });
    });
    mpi::allreduce_sum(world, std::span<double>(faults));
    EXPECT_EQ(faults[0], 1.0) << "the fault did not happen";
  }
  void run_with(test::Fault fault) {
    auto const before = test::FakeEvaluator::num_faults();
    run_with_evaluator([&] { return std::make_unique<test::FakeEvaluator>(test::FakeBehaviour{0.001, {{13, fault}}}); });
    std::array<double, 1> faults{static_cast<double>(test::FakeEvaluator::num_faults() - before)};
    mpi::allreduce_sum(world, std::span<double>(faults));
    EXPECT_EQ(faults[0], 1.0) << "the fault did not happen";
  }
  void run_with_evaluator(std::function<std::unique_ptr<evaluate::Evaluator>()> const& make) {
    try {
      collect::collect(world, request(2000), make);
      ADD_FAILURE() << "must stop";
    } catch (mpi::CollectiveError const& e) {
      message = e.what();
      code = e.code();
    }
    auto const done = h5::read_dataset(root / "shards/fp").rows.size();
    EXPECT_LT(done, 1000u);
    EXPECT_GT(done, 0u);
    mpi::barrier(world);
    run(request(done + 20));
    EXPECT_EQ(hash(), expected_hash(done + 20));
  }
  void expect_in_message(char const* part) const { EXPECT_NE(message.find(part), std::string::npos) << message; }
  std::string message;
  Errc code = Errc::config;
};

TEST_F(FaultySample, ALossThatIsNotANumberNamesSampleAndGenes) {
  run_with(test::Fault::nan);
  EXPECT_EQ(code, Errc::numeric);
  expect_in_message("sample 13 of stage fp: the loss is nan");
  auto const genes = collect::sample(space, 5, "fp", 13);
  expect_in_message(fmt::format("genes [{}]", fmt::join(genes, " ")).c_str());
}

TEST_F(FaultySample, AnErrorOfTheEvaluatorKeepsItsKind) {
  run_with(test::Fault::error);
  EXPECT_EQ(code, Errc::data);
  expect_in_message("sample 13 of stage fp: the fake evaluator was asked to fail here");
}

TEST_F(FaultySample, AForeignExceptionIsOneLineAndLosesNothing) {
  run_with([](auto&) { throw std::runtime_error("shapes differ\nframe 0\nframe 1"); });
  EXPECT_EQ(code, Errc::internal);
  expect_in_message("sample 13 of stage fp: unexpected: shapes differ;");
}

TEST_F(FaultySample, CountsThatCannotBeAreRefused) {
  run_with([](auto& label) { label.correct5 = label.correct - 1; });
  EXPECT_EQ(code, Errc::internal);
  expect_in_message("impossible counts");
}

TEST_F(FaultySample, ASignalToOneRankStopsAllAfterTheSampleInHand) {
  run_with([](auto&) { std::raise(SIGTERM); });
  EXPECT_EQ(code, Errc::stopped);
  expect_in_message("stopped by SIGTERM; run the same command again to go on");
}

}  // namespace
