#include "study/leftovers.hpp"

#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>

#include "common/job/job_record.hpp"
#include "support/temp_dir.hpp"

namespace apq::study {
namespace {
namespace fs = std::filesystem;

class Leftovers : public testing::Test {
 protected:
  Leftovers() {
    fs::create_directories(layout_.jobs());
    fs::create_directories(layout_.winners());
    test::write_quickly(now_, "{}");
  }
  std::string write_job(job::JobState state, double core_seconds) {
    auto record = job::new_job(1);
    record.started = "2026-01-01T00:00:" + std::to_string(10 + num_jobs_++ % 50) + "Z";
    record.state = state;
    record.core_seconds = core_seconds;
    job::write_job(layout_.jobs(), record);
    return record.token;
  }
  fs::path write(fs::path const& file, double age) {
    test::write_quickly(file, "half");
    fs::last_write_time(file, fs::last_write_time(now_) - std::chrono::seconds(static_cast<long>(age)));
    return file;
  }
  test::TempDir const dir_;
  StudyLayout const layout_{dir_.path()};
  fs::path const now_ = dir_ / "ledger.json";
  int num_jobs_ = 0;
};

TEST_F(Leftovers, ClaimsOnSamplesGoAndThoseOnStagesStay) {
  for (auto const& directory : {layout_.claims("fp"), layout_.claims("quant"), layout_.stage_claim("train").parent_path()}) {
    fs::create_directories(directory);
    test::write_quickly(directory / "train.0", "{}");
  }
  remove_leftovers(layout_, now_);
  EXPECT_FALSE(fs::exists(layout_.claims("fp")));
  EXPECT_FALSE(fs::exists(layout_.claims("quant")));
  EXPECT_TRUE(fs::exists(layout_.stage_claim("train").string() + ".0"));
}

TEST_F(Leftovers, ClaimsOnSamplesStayWhileAnotherJobWorks) {
  fs::create_directories(layout_.claims("fp"));
  test::write_quickly(layout_.claims("fp") / "000000+64.0", "{}");
  auto const other = write_job(job::JobState::running, 0);
  remove_leftovers(layout_, now_);
  EXPECT_TRUE(fs::exists(layout_.claims("fp")));
  remove_leftovers(layout_, job::job_file(layout_.jobs(), other));
  EXPECT_FALSE(fs::exists(layout_.claims("fp"))) << "the other job is this one";
}

TEST_F(Leftovers, OfJobsThatEndedTheLatestStayAndWhateverIsInNoLedger) {
  auto const first = write_job(job::JobState::ended, 0), living = write_job(job::JobState::running, 0),
             unpaid = write_job(job::JobState::stopped, 7);
  num_jobs_ = 30;
  std::string last;
  for (std::size_t i = 0; i < job_records_kept; ++i) last = write_job(job::JobState::ended, 0), num_jobs_ = 30;
  remove_leftovers(layout_, now_);
  auto const is_there = [&](std::string const& token) { return fs::exists(job::job_file(layout_.jobs(), token)); };
  EXPECT_FALSE(is_there(first));
  EXPECT_TRUE(is_there(living));
  EXPECT_TRUE(is_there(unpaid));
  EXPECT_TRUE(is_there(last));
  EXPECT_EQ(job::read_jobs(layout_.jobs()).records.size(), job_records_kept + 2);
}

TEST_F(Leftovers, PartialFilesGoWhenNobodyHasWrittenThemForLong) {
  auto const old = write(dir_ / "supernet.pt.1a2b.partial", partial_file_age + 10), fresh = write(dir_ / "train.json.1a2b.partial", 10),
             whole = write(dir_ / "supernet.pt", partial_file_age + 10),
             winner = write(layout_.winners() / "a.json.3.partial", partial_file_age + 10);
  remove_leftovers(layout_, now_);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_FALSE(fs::exists(winner));
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_TRUE(fs::exists(whole));
}

}  // namespace
}  // namespace apq::study
