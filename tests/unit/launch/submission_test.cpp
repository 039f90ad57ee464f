#include "launch/submission.hpp"

#include <filesystem>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using namespace apq::launch;
using Words = std::vector<std::string>;

// What is submitted, a line each without the script, by a scheduler that numbers jobs from 1 on.
std::vector<std::string> submitted(SiteProfile const& profile, std::string const& number_end = "") {
  test::TempDir const folder;
  LaunchedStudy const study{"mine", folder.path(), folder.path(), {"--config", "mine.yaml"}, false};
  std::vector<std::string> lines;
  submit(profile, study, [&](Words const& command) {
    EXPECT_TRUE(std::filesystem::exists(command.back())) << command.back();
    lines.push_back(fmt::format("{}", fmt::join(command.begin(), command.end() - 1, " ")));
    return fmt::format("{}{}\n", lines.size(), number_end);
  });
  return lines;
}

TEST(Submission, OfSlurmWaitsForAllArrays) {
  SiteProfile profile;
  profile.collect_jobs = 5;
  profile.max_array_size = 3;
  auto const submit = std::string("sbatch --parsable --kill-on-invalid-dep=yes");
  EXPECT_EQ(submitted(profile, ";cluster"), (Words{submit, submit, submit + " --dependency=afterok:1:2"}));
}

TEST(Submission, OfSlurmWithoutRequeueWaitsForAnyAttempt) {
  SiteProfile profile;
  profile.requeue = false;
  profile.attempts = 3;
  auto const submit = std::string("sbatch --parsable --kill-on-invalid-dep=yes --dependency=");
  // A third attempt waits for the first one, too: the second is undone also where it was cancelled because the first ended well.
  EXPECT_EQ(submitted(profile), (Words{"sbatch --parsable --kill-on-invalid-dep=yes", submit + "afternotok:1", submit + "afternotok:1:2",
                                       submit + "afterok:1?afterok:2?afterok:3", submit + "afternotok:4", submit + "afternotok:4:5"}));
}

TEST(Submission, OfPbsWaitsForTheLastAttempt) {
  SiteProfile profile;
  profile.scheduler = Scheduler::pbs;
  profile.requeue = false;
  profile.attempts = 2;
  EXPECT_EQ(submitted(profile, "[].server"), (Words{"qsub", "qsub -W depend=afterany:1[].server", "qsub -W depend=afterok:2[].server",
                                                    "qsub -W depend=afterany:3[].server"}));
}

TEST(Submission, ThatFailsNamesWhatIsQueued) {
  test::TempDir const folder;
  LaunchedStudy const study{"mine", folder.path(), folder.path(), {}, false};
  int calls = 0;
  test::expect_error(Errc::io, "no quota; submitted before it, cancel or keep them: 17", [&] {
    submit(SiteProfile{}, study, [&](Words const&) -> std::string {
      if (++calls == 2) throw Error(Errc::io, "no quota");
      return "17\n";
    });
  });
  EXPECT_EQ(calls, 2);
}

TEST(Submission, ForgetsThatEarlierAttemptsEnded) {
  test::TempDir const folder;
  LaunchedStudy const study{"mine", folder.path(), folder.path(), {}, false};
  write_scripts({}, study);
  test::write_quickly(folder / "launch/collect.ended", "");
  write_scripts({}, study);
  EXPECT_FALSE(std::filesystem::exists(folder / "launch/collect.ended"));
}

TEST(DryRun, ShowsEveryScriptOnceAndEveryCommand) {
  SiteProfile profile;
  profile.requeue = false;
  profile.attempts = 3;
  LaunchedStudy const study{"mine", "/data/mine", "/home/me", {}, false};
  auto const text = dry_run(profile, study);
  auto const count = [&](std::string const& part) {
    int found = 0;
    for (auto place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("#!/bin/bash"), 2);
  EXPECT_EQ(count("\nsbatch "), 6);
  EXPECT_EQ(count("'--dependency=afterok:ID1?afterok:ID2?afterok:ID3'"), 1);
}

TEST(Execute, TellsCommandAndStatus) {
  EXPECT_EQ(execute({"echo", "a b"}), "a b\n");
  test::expect_error(Errc::io, "sh -c 'exit 7': ended with status 7", [] { execute({"sh", "-c", "exit 7"}); });
}

}  // namespace
