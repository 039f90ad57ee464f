#include "collect/collector.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "collect/claim_files.hpp"
#include "collect/quarantine.hpp"
#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "support/error_of.hpp"
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
    r.study = {root};
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
  job::JobWatch& watch() {
    if (!watch_) watch_.emplace(root / "jobs", 600);
    return *watch_;
  }
  std::string hash(std::string const& stage = "fp") const { return h5::content_hash(h5::read_dataset(root / "shards" / stage).rows); }

  mpi::Communicator world{MPI_COMM_WORLD};
  fs::path root;
  space::SearchSpace space;

 private:
  std::optional<test::TempDir> directory_;
  std::optional<job::JobWatch> watch_;
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

TEST_F(Collector, BlocksOfJobsThatAreGoneAreTakenOver) {
  if (world.is_root()) {
    // One died with the first blocks in hand; of another nothing but a claim is left.
    auto const request_ = request(12);
    auto record = job::new_job(1);
    record.process.pid = 1 << 30;
    make_directory(request_.study.jobs());
    job::write_job(request_.study.jobs(), record);
    collect::ClaimFiles(request_.study.claims("fp"), 1, {record.token, "n1", "a"}, watch()).take(0, 0);
    collect::ClaimFiles(request_.study.claims("fp"), 1, {record.token, "n1", "a"}, watch()).take(3, 0);
    collect::ClaimFiles(request_.study.claims("fp"), 1, {"0123", "n2", "b"}, watch()).take(5, 0);
  }
  mpi::barrier(world);
  auto r = request(12);
  r.jobs.expiry_s = 0.5;
  EXPECT_EQ(run(r).collected, 12u);
  EXPECT_EQ(hash(), expected_hash(12));
  EXPECT_TRUE(fs::exists(root / "claims/fp/000003+1.1"));
  EXPECT_TRUE(fs::exists(root / "claims/fp/000005+1.1"));
}

TEST_F(Collector, OnlyWhatJobsThatAreGoneWereWritingIsRemoved) {
  run(request(3));
  auto const gone = root / "shards/fp/0123456789abcdef0123456789abcdef-0-r00000-00000.h5.x.partial";
  auto alive = job::new_job(1);
  alive.token = mpi::broadcast(world, alive.token);
  auto const working = root / "shards/fp" / (alive.token + "-0-r00000-00000.h5.y.partial");
  if (world.is_root()) {
    auto dead = alive;
    dead.token = "0123456789abcdef0123456789abcdef";
    dead.state = job::JobState::failed;
    for (auto const& record : {alive, dead}) job::write_job(root / "jobs", record);
    for (auto const& file : {gone, working}) replace_file(file, "half");
  }
  mpi::barrier(world);
  run(request(5));
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_TRUE(fs::exists(working));
  mpi::barrier(world);
}

TEST_F(Collector, AShardThatContradictsAnElderOneIsSetAsideAndItsSamplesCollectedAgain) {
  run(request(9));
  if (world.is_root()) {
    auto file = h5::load_shard(h5::shards_in(root / "shards/fp").front());
    for (auto& row : file.shard.rows) row.correct ^= 1;
    h5::write_shard(root / "shards/fp/younger.h5", file.shard);
  }
  mpi::barrier(world);
  run(request(9));
  EXPECT_EQ(hash(), expected_hash(9));
  EXPECT_TRUE(fs::exists(root / "shards/fp/younger.h5.contradicting"));
  mpi::barrier(world);
}

TEST_F(Collector, TheJoinedFileFollowsTheShards) {
  auto r = request(9);
  auto const joined = r.study.joined("fp");
  auto rows_joined = [&] {
    EXPECT_NO_THROW(h5::check_joined(joined, h5::read_manifest(joined), h5::read_dataset(r.study.shards("fp"))));
    std::size_t rows = 0;
    for (auto const& shard : h5::read_manifest(joined)) rows += shard.rows;
    return rows;
  };
  run(r);
  EXPECT_EQ(rows_joined(), 9u);
  mpi::barrier(world);
  // As if the run had been killed before it joined.
  r.num_samples = 14;
  auto unjoined = r;
  unjoined.join = false;
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
  static constexpr auto every_sample = ~std::uint64_t{0};
  FaultAt(std::uint64_t sample, Fault fault) : FakeEvaluator({0.001}), sample_(sample), fault_(std::move(fault)) {}
  evaluate::Label evaluate(space::Subnet const& subnet, std::uint64_t sample) override {
    auto label = FakeEvaluator::evaluate(subnet, sample);
    if (sample == sample_ || sample_ == every_sample) fault_(label);
    return label;
  }

 private:
  std::uint64_t sample_;
  Fault fault_;
};

class FaultySample : public Collector {
 protected:
  // A collection of 60 in which sample 13 goes wrong whenever it is tried; how often it was.
  double run_with(FaultAt::Fault const& fault, double timeout = 0) {
    std::array<double, 1> faults{0};
    auto r = request(60);
    r.config.sample_timeout = timeout;
    result = {};
    message.clear();
    try {
      result = collect::collect(world, r, [&] {
        return std::make_unique<FaultAt>(13, [&](auto& label) {
          ++faults[0];
          fault(label);
        });
      });
    } catch (mpi::CollectiveError const& e) {
      message = e.what();
      code = e.code();
    }
    mpi::allreduce_sum(world, std::span<double>(faults));
    EXPECT_GT(faults[0], 0) << "the fault did not happen";
    return faults[0];
  }
  // The 59 others are there, and why the 13th is not.
  void expect_quarantined(char const* why) {
    EXPECT_EQ(message, "");
    EXPECT_EQ(result.quarantined, 1u);
    EXPECT_EQ(result.already_there + result.collected, 59u);
    auto const quarantined = collect::read_quarantine(root / "quarantine/fp");
    ASSERT_EQ(quarantined.size(), 1u);
    EXPECT_EQ(quarantined.front().id, 13u);
    EXPECT_NE(quarantined.front().error.find(why), std::string::npos) << quarantined.front().error;
    EXPECT_EQ(quarantined.front().genes, collect::sample(space, 5, "fp", 13));
    auto const rows = h5::read_dataset(root / "shards/fp").rows;
    EXPECT_EQ(rows.size(), 59u);
    for (auto const& row : rows) EXPECT_NE(row.id, 13u);
    mpi::barrier(world);
  }
  // A sound evaluator then gives the whole dataset.
  void expect_whole_after_retry() {
    EXPECT_EQ(run(request(60)).collected, 0u) << "it stays in quarantine";
    auto again = request(60);
    again.retry_quarantined = true;
    auto const retried = run(again);
    EXPECT_EQ(retried.collected, 1u);
    EXPECT_EQ(retried.quarantined, 0u);
    EXPECT_EQ(hash(), expected_hash(60));
    EXPECT_TRUE(collect::quarantined_ids(root / "quarantine/fp").empty());
  }
  void expect_in_message(char const* part) const { EXPECT_NE(message.find(part), std::string::npos) << message; }
  collect::CollectResult result{};
  std::string message;
  Errc code = Errc::config;
};

TEST_F(FaultySample, ALossThatIsNotANumberIsTriedTwiceThenQuarantined) {
  EXPECT_EQ(run_with([](auto& label) { label.loss = std::nan(""); }), 2);
  expect_quarantined("sample 13 of stage fp: the loss is nan");
  expect_whole_after_retry();
}

TEST_F(FaultySample, AForeignExceptionIsOneLineInQuarantine) {
  EXPECT_EQ(run_with([](auto&) { throw std::runtime_error("shapes differ\nframe 0\nframe 1"); }), 2);
  expect_quarantined("sample 13 of stage fp: unexpected: shapes differ;");
}

TEST_F(FaultySample, CountsThatCannotBeAreQuarantined) {
  EXPECT_EQ(run_with([](auto& label) { label.correct5 = label.correct - 1; }), 2);
  expect_quarantined("impossible counts");
}

TEST_F(FaultySample, OneThatTakesTooLongIsQuarantined) {
  EXPECT_EQ(run_with([](auto&) { std::this_thread::sleep_for(std::chrono::milliseconds(1200)); }, 0.5), 1);
  expect_quarantined("collect.sample_timeout is 0.5 s");
}

TEST_F(FaultySample, AFaultThatPassesLeavesNoTrace) {
  int tries = 0;
  EXPECT_EQ(run_with([&](auto& label) {
              if (tries++ == 0) label.loss = std::nan("");
            }),
            2);
  EXPECT_EQ(message, "");
  EXPECT_EQ(result.quarantined, 0u);
  EXPECT_EQ(hash(), expected_hash(60));
}

TEST_F(FaultySample, TooManyThatFailEndTheCollectionForAllRanks) {
  auto const before = test::FakeEvaluator::num_faults();
  auto r = request(60);
  try {
    collect::collect(world, r, [&] {
      return std::make_unique<test::FakeEvaluator>(test::FakeBehaviour{0.001, {{13, test::Fault::error}, {31, test::Fault::error}}});
    });
    ADD_FAILURE() << "must fail";
  } catch (mpi::CollectiveError const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    message = e.what();
  }
  std::array<double, 1> faults{static_cast<double>(test::FakeEvaluator::num_faults() - before)};
  mpi::allreduce_sum(world, std::span<double>(faults));
  EXPECT_EQ(faults[0], 4.0);
  expect_in_message("2 samples could not be labelled, collect.max_quarantined lets 1 of 60 pass");
  expect_in_message("the fake evaluator was asked to fail here");
  EXPECT_NE(message_of(r).find("2 samples could not be labelled"), std::string::npos) << "until they are retried";
  r.retry_quarantined = true;
  run(r);
  EXPECT_EQ(hash(), expected_hash(60));
}

TEST_F(FaultySample, WhatIsNoFaultOfTheSampleEndsTheCollectionAndLosesNothing) {
  EXPECT_EQ(run_with([](auto&) { throw Error(Errc::io, "supernet.pt: cannot be read"); }), 1);
  EXPECT_EQ(code, Errc::io);
  expect_in_message("supernet.pt: cannot be read");
  auto const done = h5::read_dataset(root / "shards/fp").rows.size();
  EXPECT_GT(done, 0u);
  EXPECT_LT(done, 60u);
  mpi::barrier(world);
  EXPECT_EQ(run(request(60)).already_there, done);
  EXPECT_EQ(hash(), expected_hash(60));
}

TEST_F(FaultySample, ASignalToOneRankStopsAllAfterTheSampleInHand) {
  EXPECT_EQ(run_with([](auto&) { std::raise(SIGTERM); }), 1);
  EXPECT_EQ(code, Errc::stopped);
  expect_in_message("run the same command again to go on");
  auto const done = h5::read_dataset(root / "shards/fp").rows.size();
  EXPECT_GT(done, 0u);
  EXPECT_LT(done, 60u);
  mpi::barrier(world);
  EXPECT_EQ(run(request(60)).already_there, done);
  EXPECT_EQ(hash(), expected_hash(60));
}

TEST_F(FaultySample, BeforeTheDeadlineOnlyWhatEndsInTimeIsBegun) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1700);
  set_deadline(end, 0.2);
  bool is_late = false;
  double begun = 0;
  auto const make = [&] {
    return std::make_unique<FaultAt>(FaultAt::every_sample, [&](auto&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      is_late = is_late || std::chrono::steady_clock::now() > end;
      ++begun;
    });
  };
  test::expect_error(Errc::stopped, "collect fp: stopped by the job's end", [&] { collect::collect(world, request(200), make); });
  EXPECT_FALSE(is_late);
  set_deadline({});
  std::array<double, 1> all{begun};
  mpi::allreduce_sum(world, std::span<double>(all));
  EXPECT_GT(all[0], 0);
  EXPECT_EQ(static_cast<double>(h5::read_dataset(root / "shards/fp").rows.size()), all[0]);
  mpi::barrier(world);
}

}  // namespace
