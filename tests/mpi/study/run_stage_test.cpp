#include "study/run_stage.hpp"

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "collect/directory_lock.hpp"
#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/energy/ledger.hpp"
#include "common/h5/shard.hpp"
#include "common/mpi/collectives.hpp"
#include "support/error_of.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

using namespace apq;
using namespace apq::study;
namespace fs = std::filesystem;

namespace {

// A study of made-up labels, whose training is a body of this test: it writes what a training writes, in no time.
class RunStage : public testing::Test {
 protected:
  RunStage() {
    directory_ = mpi::broadcast(world_, dir_.path().string());
    layout_ = {directory_ / "study"};
    on_root([&] {
      make_directory(layout_.root);
      test::write_quickly(directory_ / "c.yaml",
                          "study: {dir: " + layout_.root.string() +
                              "}\nspace: " + (test::source_dir() / "configs/spaces/fashion_mnist.yaml").string() +
                              "\ndata: {training: {folder: nowhere}, test: {folder: nowhere}, mean: 0.5, deviation: 0.5}\n");
    });
    for (char const* stage : {"fp", "quant"}) label(stage, 0, 6);
  }

  // Ranks see what root did.
  template <class Act>
  void on_root(Act const& act) const {
    mpi::collectively(world_, [&] {
      if (world_.is_root()) act();
    });
  }

  Experiment load(std::vector<std::string> const& assignments = {}) const {
    return load_experiment(world_, {.config = directory_ / "c.yaml", .study = {}, .assignments = assignments});
  }

  // A shard of the samples [first, last).
  void label(std::string const& stage, std::size_t first, std::size_t last) const {
    auto const e = load();
    on_root([&] {
      collect::Samples const samples(e.space, e.seed, stage, 1, last);
      h5::Shard shard;
      shard.header.stage = stage;
      shard.header.seed = e.seed;
      shard.header.space_hash = e.space.hash;
      shard.header.space_name = e.space.name;
      for (auto id = first; id < last; ++id)
        shard.rows.push_back(
            {.id = id, .genes = samples.genes(id), .correct = static_cast<std::uint32_t>(50 + id), .correct5 = 90, .total = 100});
      shard.header.num_genes = static_cast<int>(shard.rows.front().genes.size());
      make_directory(layout_.shards(stage));
      h5::write_shard(layout_.shards(stage) / (std::to_string(first) + ".h5"), shard);
    });
  }

  // How often the body ran, on every rank; each time with nothing remembered, as a command does.
  int train(std::vector<std::string> const& assignments = {}, Redo redo = Redo::when_needed, std::string const& content = "trained",
            bool counts = true) const {
    auto const e = load(assignments);
    StudyRun run(world_, e);
    int runs = 0;
    auto const body = [&](energy::StageMeter&) {
      ++runs;
      on_root([&] {
        for (auto const& file : outputs()) replace_file(file, content);
      });
      return counts;
    };
    run_stage(run, "train", body, redo);
    return runs;
  }

  // Why it would run, on every rank.
  std::string why(std::vector<std::string> const& assignments = {}) const {
    auto const e = load(assignments);
    StudyRun run(world_, e);
    std::string reason;
    on_root([&] { reason = why_needed(run, stage_named(run.stages, "train")); });
    return mpi::broadcast(world_, reason);
  }

  std::vector<fs::path> outputs() const {
    return {layout_.predictor_fp(), layout_.predictor_quant(), layout_.predictor_scratch(), layout_.train_metrics()};
  }

  mpi::Communicator world_{MPI_COMM_WORLD};
  test::TempDir dir_;  // the root's is used
  fs::path directory_;
  StudyLayout layout_;
};

TEST_F(RunStage, WhatIsThereForTheSameInputsIsLeftAlone) {
  EXPECT_EQ(why(), "was not done yet");
  EXPECT_EQ(train(), 1);
  EXPECT_TRUE(fs::exists(layout_.stamp("train")));
  EXPECT_EQ(why(), "");
  EXPECT_EQ(train(), 0);
  EXPECT_EQ(train({"search.population=222", "study.name=other"}), 0) << "what it does not read";
  EXPECT_EQ(train({}, Redo::always), 1);
}

TEST_F(RunStage, EveryChangedInputIsToldByName) {
  train();
  EXPECT_EQ(why({"train.hidden=20"}), "train.hidden changed (400, now 20)");
  EXPECT_EQ(why({"train.hidden=20", "train.bootstrap=7"}), "train.bootstrap changed (1000, now 7); train.hidden changed (400, now 20)");
  label("fp", 6, 7);
  EXPECT_EQ(why(), "rows.fp changed");
  EXPECT_EQ(train(), 1);
  EXPECT_EQ(train(), 0);
  label("quant", 6, 7);
  EXPECT_EQ(why(), "rows.quant changed");
}

TEST_F(RunStage, EveryLostOutputIsToldByName) {
  for (auto const& file : outputs()) {
    train();
    EXPECT_EQ(why(), "");
    on_root([&] { replace_file(file, "edited!"); });  // of the same size
    EXPECT_EQ(why(), file.filename().string() + " is not what the stage wrote");
    on_root([&] { fs::remove(file); });
    EXPECT_EQ(why(), file.filename().string() + " is missing");
    EXPECT_EQ(train(), 1);
  }
}

TEST_F(RunStage, AStampThatCannotBeReadIsNone) {
  for (std::string const damage : {"", "{\"format\": \"apq stamp\", \"form", "{\"format\": \"apq stamp\", \"format_version\": 0}"}) {
    train();
    on_root([&] { replace_file(layout_.stamp("train"), damage); });
    EXPECT_EQ(why(), "was not done yet");
    EXPECT_EQ(train(), 1);
    EXPECT_EQ(train(), 0);
  }
}

// A stage that ended early is done again, also where it began as one that was done.
TEST_F(RunStage, AStageThatFailedHasNoStampOfWhatItDid) {
  train();
  auto const e = load({"train.hidden=20"});
  {
    StudyRun run(world_, e);
    auto const body = [&](energy::StageMeter&) -> bool {
      on_root([&] { replace_file(layout_.predictor_fp(), "half of it"); });
      throw Error(Errc::numeric, "training: failed on all ranks");
    };
    test::expect_error(Errc::numeric, "failed on all ranks", [&] { run_stage(run, "train", body); });
  }
  EXPECT_EQ(why({"train.hidden=20"}), "train.hidden changed (400, now 20); predictor.pt is not what the stage wrote");
  EXPECT_EQ(why(), "predictor.pt is not what the stage wrote");
}

TEST_F(RunStage, TheLedgerCountsWorkAlone) {
  train({}, Redo::when_needed, "trained", false);
  on_root([&] { EXPECT_TRUE(energy::read_ledger(layout_.ledger()).empty()) << "nothing was left to do"; });
  train({}, Redo::always);
  train();
  on_root([&] {
    auto const ledger = energy::read_ledger(layout_.ledger());
    ASSERT_EQ(ledger.size(), 1u);
    EXPECT_EQ(ledger.front().stage, "train");
    EXPECT_EQ(ledger.front().runs, 1u);
    EXPECT_EQ(ledger.front().ranks, world_.size());
  });
}

TEST_F(RunStage, AStudyThatAnotherJobWorksOnIsRefused) {
  std::optional<collect::DirectoryLock> other;
  on_root([&] { other.emplace(layout_.root); });
  test::expect_error(Errc::io, layout_.root.string(), [&] { train(); });
  EXPECT_FALSE(fs::exists(layout_.train_metrics()));
  mpi::barrier(world_);  // seen by all before it is there
  other.reset();
  EXPECT_EQ(train(), 1);
  on_root([&] { other.emplace(layout_.root); });
  EXPECT_EQ(train(), 0) << "what is there may be asked for at any time";
}

TEST_F(RunStage, AnInputThatIsMissingIsNamedWithTheCommandThatMakesIt) {
  auto const e = load();
  StudyRun run(world_, e);
  bool has_run = false;
  auto const body = [&](energy::StageMeter&) { return has_run = true; };
  test::expect_error(Errc::data, "predictor_quant.pt: is missing; run `apq train` first", [&] { run_stage(run, "search", body); });
  test::expect_error(Errc::config, "serach: is not a stage of this study", [&] { run_stage(run, "serach", body); });
  EXPECT_FALSE(has_run);
  EXPECT_FALSE(fs::exists(layout_.stamp("search")));
}

}  // namespace
