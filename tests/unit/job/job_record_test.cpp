#include "common/job/job_record.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/job/claim.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace apq::job {
namespace {

TEST(JobRecord, ReadsWhatWasWritten) {
  test::TempDir const dir;
  ::setenv("SLURM_JOB_ID", "1234", 1);
  auto record = new_job(64);
  ::unsetenv("SLURM_JOB_ID");
  EXPECT_EQ(record.scheduler_id, "slurm 1234");
  record.counter = 7;
  record.stage = "collect.fp";
  record.rows = 12;
  record.wanted = 80'000;
  record.failures = 2;
  record.rows_per_second = 0.5;
  record.core_seconds = 99.5;
  record.state = JobState::stopped;
  record.waits_for = "n4";
  write_job(dir.path(), record);
  auto const read = read_job(job_file(dir.path(), record.token));
  EXPECT_EQ(read.token, record.token);
  EXPECT_EQ(read.process.host, record.process.host);
  EXPECT_EQ(read.process.table, record.process.table);
  EXPECT_EQ(read.process.pid, record.process.pid);
  EXPECT_EQ(read.process.start, record.process.start);
  EXPECT_EQ(read.started, record.started);
  EXPECT_EQ(read.counter, 7U);
  EXPECT_EQ(read.state, JobState::stopped);
  EXPECT_EQ(read.ranks, 64);
  EXPECT_EQ(read.stage, "collect.fp");
  EXPECT_EQ(read.waits_for, "n4");
  EXPECT_EQ(read.rows, 12U);
  EXPECT_EQ(read.wanted, 80'000U);
  EXPECT_EQ(read.failures, 2U);
  EXPECT_EQ(read.rows_per_second, 0.5);
  EXPECT_EQ(read.core_seconds, 99.5);
  EXPECT_TRUE(std::isnan(read.joules));  // null in the file
  EXPECT_NE(described(read).find("slurm 1234, collect.fp"), std::string::npos);
}

TEST(JobRecord, DamagedOnesOfOthersAreNamedAndLeftOut) {
  test::TempDir const dir;
  auto const sound = new_job(1);
  write_job(dir.path(), sound);
  test::write_quickly(dir / "cut.json", "{\"format\": \"apq jo");
  test::write_quickly(dir / "empty.json", "");
  test::write_quickly(dir / "state.json", R"({"format": "apq job", "format_version": 1, "token": 3})");
  test::write_quickly(dir / "new.json.0123.partial", "{");  // being written
  auto const jobs = read_jobs(dir.path());
  ASSERT_EQ(jobs.records.size(), 1U);
  EXPECT_EQ(jobs.records.front().token, sound.token);
  ASSERT_EQ(jobs.damaged.size(), 3U);
  for (char const* name : {"cut.json", "empty.json", "state.json"})
    EXPECT_TRUE(std::any_of(jobs.damaged.begin(), jobs.damaged.end(), [&](auto const& s) { return s.find(name) != std::string::npos; }))
        << name;
}

TEST(JobRecord, WhereNoJobEverWorkedThereIsNone) {
  test::TempDir const dir;
  auto const jobs = read_jobs(dir / "jobs");
  EXPECT_TRUE(jobs.records.empty() && jobs.damaged.empty());
}

TEST(JobRecord, FormatsHaveTheirLinesInTheDocuments) {
  auto const text = read_file(test::source_dir() / "docs/formats.md");
  for (auto const& format : {job_format, claim_format})
    EXPECT_NE(text.find(fmt::format("| `{}` | {} |", format.name, format.version)), std::string::npos) << format.name;
}

}  // namespace
}  // namespace apq::job
