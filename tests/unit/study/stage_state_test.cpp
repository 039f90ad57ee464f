#include "study/stage_state.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "support/temp_dir.hpp"

using namespace apq;
using namespace apq::study;
using testing::Test;

TEST(Differences, SettingsAreToldWithBothValuesAndDigestsByName) {
  std::string const a(64, 'a'), b(64, 'b');
  EXPECT_TRUE(differences({{"x", "1"}, {"cost.hardware", a}}, {{"x", "1"}, {"cost.hardware", a}}).empty());
  EXPECT_EQ(differences({{"x", "1"}, {"cost.hardware", a}, {"old", ""}}, {{"x", "2"}, {"cost.hardware", b}, {"new", ""}}),
            (std::vector<std::string>{"cost.hardware changed", "old is gone", "x changed (1, now 2)", "new is new"}));
  EXPECT_EQ(differences({{"cost.table", "none"}}, {{"cost.table", a}}),
            (std::vector<std::string>{"cost.table changed (none, now " + a + ")"}));
}

TEST(LostOutputs, MissingAndChangedFilesAreNamed) {
  test::TempDir const directory;
  auto const file = directory / "search.json";
  replace_file(file, "whole");
  FileDigests digests;
  Stamp stamp;
  stamp.outputs.push_back({"search.json", *digests.of(file)});
  std::vector const there{directory.path() / "search.json"};
  EXPECT_TRUE(lost_outputs(stamp, directory.path(), there, digests, false).empty());
  replace_file(file, "wrong");  // the same size
  digests.files().look_again();
  EXPECT_EQ(lost_outputs(stamp, directory.path(), there, digests, false),
            (std::vector<std::string>{"search.json is not what the stage wrote"}));
  EXPECT_EQ(lost_outputs(stamp, directory.path(), there, digests, true),
            (std::vector<std::string>{"search.json is not what the stage wrote"}));
  std::filesystem::remove(file);
  digests.files().look_again();
  EXPECT_EQ(lost_outputs(stamp, directory.path(), {}, digests, false), (std::vector<std::string>{"search.json is missing"}));
  EXPECT_EQ(lost_outputs(stamp, directory.path(), {directory.path() / "winners" / "a.json"}, digests, true),
            (std::vector<std::string>{"winners/a.json is new", "search.json is missing"}));
}

TEST(FileDigests, AFileChangedJustBeforeItWasNotedIsInDoubt) {
  test::TempDir const directory;
  auto const file = directory / "file";
  replace_file(file, "content");
  auto noted = *FileDigests().of(file);
  EXPECT_FALSE(is_untouched(state_of(file), noted)) << "noted within the time that a second change could have had";
  noted.recorded_ns = noted.state.modified_ns + 3'000'000'000;
  EXPECT_TRUE(is_untouched(state_of(file), noted));
  // Trusted: not read, so that a wrong digest is believed; in doubt: read.
  noted.digest = "believed";
  FileDigests digests;
  digests.note(file, noted);
  EXPECT_EQ(digests.of(file)->digest, "believed");
  noted.recorded_ns = noted.state.modified_ns;
  digests.note(file, noted);
  EXPECT_NE(digests.of(file)->digest, "believed");
  EXPECT_FALSE(digests.of(directory / "absent"));
  EXPECT_FALSE(digests.of(directory.path())) << "a directory is no file";
}
