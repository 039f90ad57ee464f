#include "study/open_study.hpp"

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/job/heartbeat.hpp"
#include "common/mpi/collectives.hpp"
#include "mpi/study/made_up_study.hpp"
#include "support/error_of.hpp"

using namespace apq;
using namespace apq::study;
namespace fs = std::filesystem;

namespace {

TEST(ConflictBeside, LaterStagesSettingsAndMoreSamplesMayChange) {
  Settings const before{{"collect.fp.samples", "10"}, {"collect.quant.samples", "10"}, {"study.seed", "1"}, {"supernet.weights", "w.pt"},
                        {"train.hidden", "16"},       {"search.population", "21"},     {"energy.pue", "1"}};
  auto const conflict = [&](std::string const& key, std::string const& value, std::string const& stage) {
    auto now = before;
    now[key] = value;
    return conflict_beside(before, now, stage);
  };
  EXPECT_EQ(conflict("collect.fp.samples", "10", "collect.fp"), "");
  EXPECT_EQ(conflict("collect.fp.samples", "20", "collect.fp"), "");
  EXPECT_EQ(conflict("collect.fp.samples", "9", "collect.fp"), "collect.fp.samples = 10, not 9");
  EXPECT_EQ(conflict("collect.quant.samples", "9", "collect.fp"), "") << "a later stage";
  EXPECT_EQ(conflict("collect.quant.samples", "9", "train"), "collect.quant.samples = 10, not 9");
  EXPECT_EQ(conflict("train.hidden", "20", "collect.quant"), "");
  EXPECT_EQ(conflict("train.hidden", "20", "train"), "train.hidden = 16, not 20");
  EXPECT_EQ(conflict("train.members", "4", "search"), "train.members = nothing, not 4");
  EXPECT_EQ(conflict("search.population", "22", "train"), "");
  EXPECT_EQ(conflict("study.seed", "2", ""), "study.seed = 1, not 2") << "it has only begun";
  for (char const* stage : {"", "supernet", "train", "report"})
    EXPECT_EQ(conflict("evaluator.instructions", "avx2", stage), "evaluator.instructions = nothing, not avx2");
  EXPECT_EQ(conflict("energy.pue", "2", "verify"), "") << "no stage's result depends on it";
  EXPECT_EQ(conflict("train.hidden", "20", "report"), "train.hidden = 16, not 20");
}

class OpenStudy : public testing::Test {
 protected:
  void open(std::vector<std::string> const& assignments = {}) const {
    auto const e = made_.load(assignments);
    StudyRun run(world_, e);
    open_study(run);
  }
  // Another job on root, that beats.
  void begin_other(std::string const& stage) {
    made_.on_root([&] {
      auto record = job::new_job(1);
      record.scheduler_id = "slurm 77";
      record.stage = stage;
      other_.emplace(made_.layout.jobs(), record, 0.1);
    });
  }
  std::string configuration() const {
    std::string text;
    made_.on_root([&] { text = read_file(made_.layout.config()); });
    return mpi::broadcast(world_, text);
  }
  mpi::Communicator world_{MPI_COMM_WORLD};
  test::MadeUpStudy made_{world_};
  std::optional<job::JobHeartbeat> other_;
};

TEST_F(OpenStudy, ConfigurationIsNotChangedUnderAJobThatWorksByIt) {
  open();
  begin_other("train");
  auto const before = configuration();
  test::expect_error(Errc::data, "slurm 77, train works here with train.hidden = 400, not 20; wait for it",
                     [&] { open({"train.hidden=20"}); });
  EXPECT_EQ(configuration(), before);
  open();
  EXPECT_EQ(configuration(), before);
  open({"search.population=222", "collect.fp.samples=100000"});
  EXPECT_NE(configuration(), before);
}

TEST_F(OpenStudy, JobsThatAreGoneHinderNobody) {
  open();
  begin_other("train");
  made_.on_root([&] { other_->end(job::JobState::stopped); });
  open({"train.hidden=20"});
  EXPECT_NE(configuration().find("hidden: 20"), std::string::npos);
  // Of another machine, and silent from here on.
  made_.on_root([&] {
    auto record = job::new_job(1);
    record.process.table = "another machine";
    record.stage = "train";
    job::write_job(made_.layout.jobs(), record);
  });
  open({"train.hidden=30", "jobs.expiry=0.5"});
  EXPECT_NE(configuration().find("hidden: 30"), std::string::npos);
}

}  // namespace
