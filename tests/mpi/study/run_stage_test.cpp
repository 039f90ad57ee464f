#include "study/run_stage.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random_token.hpp"
#include "common/core/stop_request.hpp"
#include "common/energy/ledger.hpp"
#include "common/job/claim.hpp"
#include "common/job/heartbeat.hpp"
#include "common/mpi/collective_error.hpp"
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
  auto const ledger = energy::read_ledger(layout_);
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
  made_.on_root([&] { EXPECT_TRUE(energy::read_ledger(layout_).empty()) << "nothing was left to do"; });
  train({}, Redo::always);
  train();
  made_.on_root([&] {
    auto const ledger = energy::read_ledger(layout_);
    ASSERT_EQ(ledger.size(), 1u);
    EXPECT_EQ(ledger.front().stage, "train");
    EXPECT_EQ(ledger.front().runs, 1u);
    EXPECT_EQ(ledger.front().ranks, world_.size());
  });
}

// Another job, on root, that has the claim on the training.
class OtherJob {
 public:
  explicit OtherJob(StudyLayout const& layout) : layout_(layout) {
    auto const claim = job::claim_next(layout.stage_claim("train"), me_, [](job::HeldBy const&) { return false; });
    generation_ = std::get<job::Claimed>(claim).generation;
  }
  // Once some job says that it waits for this one: acts and gives the claim back. True when one did.
  bool release_when_awaited(std::function<void()> const& act) {
    bool is_awaited = false;
    for (int i = 0; i < 3000 && !is_awaited; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      for (auto const& record : job::read_jobs(layout_.jobs()).records)
        is_awaited = is_awaited || (record.stage == "train" && record.waits_for.find("slurm 77") != std::string::npos);
    }
    act();
    job::release(layout_.stage_claim("train"), generation_, me_);
    return is_awaited;
  }
  void end(job::JobState state) { heart_.end(state); }

 private:
  static job::JobRecord record() {
    auto record = job::new_job(1);
    record.scheduler_id = "slurm 77";
    return record;
  }
  StudyLayout const layout_;
  job::JobHeartbeat heart_{layout_.jobs(), record(), 0.1};
  job::Claimant const me_{.job = heart_.token(), .host = "n7", .id = random_token()};
  std::uint64_t generation_ = 0;
};

TEST_F(RunStage, AStageThatAnotherJobDoesIsWaitedForAndFoundDone) {
  ASSERT_EQ(train(), 1);
  std::map<fs::path, std::string> done;
  std::optional<OtherJob> other;
  std::thread works;
  bool was_awaited = false;
  made_.on_root([&] {
    auto written = outputs();
    written.push_back(layout_.stamp("train"));
    for (auto const& file : written) {
      done[file] = read_file(file);
      fs::remove(file);
    }
    other.emplace(layout_);
    works = std::thread([&] {
      was_awaited = other->release_when_awaited([&] {
        for (auto const& [file, text] : done) replace_file(file, text);
      });
    });
  });
  EXPECT_EQ(train(), 0) << "the other job did it";
  made_.on_root([&] {
    works.join();
    EXPECT_TRUE(was_awaited);
  });
}

TEST_F(RunStage, AStageThatAnotherJobGaveBackUndoneIsDone) {
  std::optional<OtherJob> other;
  std::thread works;
  bool was_awaited = false;
  made_.on_root([&] {
    other.emplace(layout_);
    works = std::thread([&] { was_awaited = other->release_when_awaited([] {}); });
  });
  EXPECT_EQ(train(), 1);
  made_.on_root([&] {
    works.join();
    EXPECT_TRUE(was_awaited);
  });
}

TEST_F(RunStage, AStageOfAJobThatIsGoneIsTakenOver) {
  made_.on_root([&] { OtherJob(layout_).end(job::JobState::failed); });
  EXPECT_EQ(train(), 1);
}

TEST_F(RunStage, AJobThatWasTakenForGoneLetsTheOthersResultCount) {
  auto const e = made_.load();
  StudyRun run(world_, e);
  int runs = 0;
  run_stage(run, "train", [&](energy::StageMeter&) {
    made_.on_root([&] {
      for (auto const& file : outputs()) replace_file(file, "trained");
      if (runs > 0) return;
      EXPECT_TRUE(run.job().holds("train"));
      job::Claimant const other{.job = "other", .host = "n7", .id = random_token()};
      job::try_claim(layout_.stage_claim("train"), 1, other);  // this job stood still meanwhile
      EXPECT_FALSE(run.job().holds("train"));
      job::release(layout_.stage_claim("train"), 1, other);
    });
    ++runs;
    return true;
  });
  EXPECT_EQ(runs, 2) << "the other one did not finish it";
  EXPECT_TRUE(fs::exists(layout_.stamp("train")));
}

TEST_F(RunStage, JobsSayWhatTheyDoAndHowTheyEnded) {
  train();
  made_.on_root([&] {
    auto const jobs = job::read_jobs(layout_.jobs()).records;
    ASSERT_EQ(jobs.size(), 1u);
    EXPECT_EQ(jobs[0].state, job::JobState::ended);
    EXPECT_EQ(jobs[0].stage, "train");
    EXPECT_EQ(jobs[0].ranks, world_.size());
    EXPECT_EQ(jobs[0].core_seconds, 0) << "the ledger has it";
  });
  mpi::barrier(world_);
  EXPECT_EQ(train(), 0);
  made_.on_root([&] { EXPECT_EQ(job::read_jobs(layout_.jobs()).records.size(), 1u) << "a job with nothing to do leaves no record"; });
  try {
    auto const e = made_.load();
    StudyRun run(world_, e);
    run_stage(
        run, "train", [&](energy::StageMeter&) -> bool { throw mpi::CollectiveError(Errc::numeric, "made to fail"); }, Redo::always);
  } catch (Error const&) {
  }
  made_.on_root([&] {
    auto const jobs = job::read_jobs(layout_.jobs()).records;
    ASSERT_EQ(jobs.size(), 2u);
    EXPECT_TRUE(std::any_of(jobs.begin(), jobs.end(), [](auto const& j) { return j.state == job::JobState::failed; }));
  });
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
