#include "study/run_stage.hpp"

#include <csignal>
#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "collect/directory_lock.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/energy/ledger.hpp"
#include "common/mpi/collectives.hpp"
#include "mpi/study/made_up_study.hpp"
#include "support/error_of.hpp"

using namespace apq;
using namespace apq::study;
namespace fs = std::filesystem;

namespace {

// A study of made-up labels, whose training is a body of this test: it writes what a training writes, in no time.
class RunStage : public testing::Test {
 protected:
  RunStage() {
    for (char const* stage : {"fp", "quant"}) made_.label(stage, 0, 6);
  }

  // How often the body ran, on every rank; each time with nothing remembered, as a command does.
  int train(std::vector<std::string> const& assignments = {}, Redo redo = Redo::when_needed, std::string const& content = "trained",
            bool counts = true) const {
    auto const e = made_.load(assignments);
    StudyRun run(world_, e);
    int runs = 0;
    auto const body = [&](energy::StageMeter&) {
      ++runs;
      made_.on_root([&] {
        for (auto const& file : outputs()) replace_file(file, content);
      });
      return counts;
    };
    run_stage(run, "train", body, redo);
    return runs;
  }

  // Why it would run, on every rank.
  std::string why(std::vector<std::string> const& assignments = {}) const {
    auto const e = made_.load(assignments);
    StudyRun run(world_, e);
    std::string reason;
    made_.on_root([&] { reason = why_needed(run, stage_named(run.stages, "train")); });
    return mpi::broadcast(world_, reason);
  }

  std::vector<fs::path> outputs() const {
    return {layout_.predictor_fp(), layout_.predictor_quant(), layout_.predictor_scratch(), layout_.train_metrics()};
  }

  mpi::Communicator world_{MPI_COMM_WORLD};
  test::MadeUpStudy made_{world_};
  StudyLayout const layout_ = made_.layout;
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
  made_.label("fp", 6, 7);
  EXPECT_EQ(why(), "rows.fp changed");
  EXPECT_EQ(train(), 1);
  EXPECT_EQ(train(), 0);
  made_.label("quant", 6, 7);
  EXPECT_EQ(why(), "rows.quant changed");
}

TEST_F(RunStage, EveryLostOutputIsToldByName) {
  for (auto const& file : outputs()) {
    train();
    EXPECT_EQ(why(), "");
    made_.on_root([&] { replace_file(file, "edited!"); });  // of the same size
    EXPECT_EQ(why(), file.filename().string() + " is not what the stage wrote");
    made_.on_root([&] { fs::remove(file); });
    EXPECT_EQ(why(), file.filename().string() + " is missing");
    EXPECT_EQ(train(), 1);
  }
}

TEST_F(RunStage, AStampThatCannotBeReadIsNone) {
  for (std::string const damage : {"", "{\"format\": \"apq stamp\", \"form", "{\"format\": \"apq stamp\", \"format_version\": 0}"}) {
    train();
    made_.on_root([&] { replace_file(layout_.stamp("train"), damage); });
    EXPECT_EQ(why(), "was not done yet");
    EXPECT_EQ(train(), 1);
    EXPECT_EQ(train(), 0);
  }
}

// Stopped or failed on all ranks alike, a run is in the ledger and nothing passes for its result.
TEST_F(RunStage, ARunThatEndedEarlyIsInTheLedger) {
  auto const e = made_.load({});
  for (auto const code : {Errc::stopped, Errc::io}) {
    StudyRun run(world_, e);
    auto const body = [&](energy::StageMeter&) -> bool {
      mpi::collectively(world_, [&] {
        if (world_.rank() == world_.size() - 1) throw Error(code, "train: ended early");
      });
      return true;
    };
    test::expect_error(code, "train: ended early", [&] { run_stage(run, "train", body); });
  }
  EXPECT_EQ(why(), "was not done yet");
  EXPECT_EQ(train(), 1);
  auto const ledger = energy::read_ledger(layout_.ledger());
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].runs, 3u);
  EXPECT_EQ(ledger[0].ended_early, 2u);
  mpi::barrier(world_);
}

TEST_F(RunStage, NoStageBeginsOnceAskedToStop) {
  StopOnSignals const stop_on_signals;
  if (world_.is_root()) std::raise(SIGUSR1);  // one rank alone
  auto const e = made_.load({});
  StudyRun run(world_, e);
  bool has_begun = false;
  test::expect_error(Errc::stopped, "train: stopped by SIGUSR1; run the same command again to go on",
                     [&] { run_stage(run, "train", [&](energy::StageMeter&) { return has_begun = true; }); });
  EXPECT_FALSE(has_begun);
}

// A stage that ended early is done again, also where it began as one that was done.
TEST_F(RunStage, AStageThatFailedHasNoStampOfWhatItDid) {
  train();
  auto const e = made_.load({"train.hidden=20"});
  {
    StudyRun run(world_, e);
    auto const body = [&](energy::StageMeter&) -> bool {
      made_.on_root([&] { replace_file(layout_.predictor_fp(), "half of it"); });
      throw Error(Errc::numeric, "training: failed on all ranks");
    };
    test::expect_error(Errc::numeric, "failed on all ranks", [&] { run_stage(run, "train", body); });
  }
  EXPECT_EQ(why({"train.hidden=20"}), "train.hidden changed (400, now 20); predictor.pt is not what the stage wrote");
  EXPECT_EQ(why(), "predictor.pt is not what the stage wrote");
}

TEST_F(RunStage, TheLedgerCountsWorkAlone) {
  train({}, Redo::when_needed, "trained", false);
  made_.on_root([&] { EXPECT_TRUE(energy::read_ledger(layout_.ledger()).empty()) << "nothing was left to do"; });
  train({}, Redo::always);
  train();
  made_.on_root([&] {
    auto const ledger = energy::read_ledger(layout_.ledger());
    ASSERT_EQ(ledger.size(), 1u);
    EXPECT_EQ(ledger.front().stage, "train");
    EXPECT_EQ(ledger.front().runs, 1u);
    EXPECT_EQ(ledger.front().ranks, world_.size());
  });
}

TEST_F(RunStage, AStudyThatAnotherJobWorksOnIsRefused) {
  std::optional<collect::DirectoryLock> other;
  made_.on_root([&] { other.emplace(layout_.root); });
  test::expect_error(Errc::io, layout_.root.string(), [&] { train(); });
  EXPECT_FALSE(fs::exists(layout_.train_metrics()));
  mpi::barrier(world_);  // seen by all before it is there
  other.reset();
  EXPECT_EQ(train(), 1);
  made_.on_root([&] { other.emplace(layout_.root); });
  EXPECT_EQ(train(), 0) << "what is there may be asked for at any time";
}

TEST_F(RunStage, AnInputThatIsMissingIsNamedWithTheCommandThatMakesIt) {
  auto const e = made_.load();
  StudyRun run(world_, e);
  bool has_run = false;
  auto const body = [&](energy::StageMeter&) { return has_run = true; };
  test::expect_error(Errc::data, "predictor_quant.pt: is missing; run `apq train` first", [&] { run_stage(run, "search", body); });
  test::expect_error(Errc::config, "serach: is not a stage of this study", [&] { run_stage(run, "serach", body); });
  EXPECT_FALSE(has_run);
  EXPECT_FALSE(fs::exists(layout_.stamp("search")));
}

}  // namespace
