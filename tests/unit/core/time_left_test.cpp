#include "common/core/time_left.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace apq {
namespace {

namespace fs = std::filesystem;

TEST(ParseDuration, AsSchedulersWriteIt) {
  EXPECT_EQ(parse_duration("90"), 90);
  EXPECT_EQ(parse_duration("0:30"), 30);
  EXPECT_EQ(parse_duration("4:30"), 270);
  EXPECT_EQ(parse_duration("04:00:01"), 14401);
  EXPECT_EQ(parse_duration("2-12:00:00"), 216000);
  EXPECT_EQ(parse_duration("0"), 0);
}

TEST(ParseDuration, NothingElse) {
  for (char const* text : {"", "INVALID", "UNLIMITED", "-5", "4:", ":30", "1:2:3:4", "2-12", "1.5", "3 min", "1-"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

/// Commands of this test come first on the PATH; each call leaves a line in `calls`.
class TimeLeftOfJob : public testing::Test {
 protected:
  TimeLeftOfJob() : path_(std::getenv("PATH")) {
    ::setenv("PATH", (dir_.path().string() + ":" + path_).c_str(), 1);
    ::setenv("SLURM_JOB_ID", "1234", 1);
    command("squeue", "exit 1");
    command("scontrol", "exit 1");
  }
  ~TimeLeftOfJob() override {
    ::setenv("PATH", path_.c_str(), 1);
    for (auto const* variable : {"SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"}) ::unsetenv(variable);
  }
  void command(std::string const& name, std::string const& body) const {
    auto const file = dir_.path() / name;
    std::ofstream(file) << "#!/bin/sh\necho " << name << " \"$@\" >> " << calls().string() << "\n" << body << "\n";
    fs::permissions(file, fs::perms::owner_all);
  }
  fs::path calls() const { return dir_.path() / "calls"; }
  std::string called() const {
    std::ifstream file(calls());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TempDir const dir_;

 private:
  std::string path_;
};

TEST_F(TimeLeftOfJob, SqueueSaysIt) {
  command("squeue", "echo 1-00:10:00");
  auto const left = time_left_of_job();
  EXPECT_EQ(left.seconds, 87000);
  EXPECT_EQ(left.source, "squeue");
  EXPECT_EQ(called(), "squeue -h -j 1234 -o %L\n");
}

TEST_F(TimeLeftOfJob, ATaskOfAnArrayAsksForItselfAlone) {
  ::setenv("SLURM_ARRAY_JOB_ID", "1234", 1);
  ::setenv("SLURM_ARRAY_TASK_ID", "7", 1);
  command("squeue", "echo 10:00");
  EXPECT_EQ(time_left_of_job().seconds, 600);
  EXPECT_EQ(called(), "squeue -h -j 1234_7 -o %L\n");
}

TEST_F(TimeLeftOfJob, ScontrolIsAskedWhereSqueueFails) {
  command("scontrol", "echo 'JobId=1234 JobName=x\n   RunTime=00:01:30 TimeLimit=00:10:00 TimeMin=N/A'");
  auto const left = time_left_of_job();
  EXPECT_EQ(left.seconds, 510);
  EXPECT_EQ(left.source, "scontrol");
}

TEST_F(TimeLeftOfJob, AJobWithoutEndHasNone) {
  command("squeue", "echo UNLIMITED");
  auto const left = time_left_of_job();
  EXPECT_FALSE(left.seconds);
  EXPECT_EQ(left.trouble, "");
}

TEST_F(TimeLeftOfJob, AControllerThatIsDownForAMomentIsAskedAgain) {
  command("squeue", fmt::format("test -e {0} && echo 5:00 || {{ touch {0}; exit 1; }}", (dir_.path() / "up").string()));
  EXPECT_EQ(time_left_of_job().seconds, 300);
}

TEST_F(TimeLeftOfJob, OneThatStaysDownIsTrouble) {
  command("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1");
  auto const left = time_left_of_job();
  EXPECT_FALSE(left.seconds);
  EXPECT_EQ(left.trouble, "Slurm does not say when job 1234 ends (squeue: status 1, \"\"; scontrol: status 1)");
}

TEST_F(TimeLeftOfJob, WithoutASchedulerNobodyIsAsked) {
  ::unsetenv("SLURM_JOB_ID");
  auto const left = time_left_of_job();
  EXPECT_FALSE(left.seconds);
  EXPECT_EQ(left.trouble, "");
  EXPECT_EQ(called(), "");
}

}  // namespace
}  // namespace apq
