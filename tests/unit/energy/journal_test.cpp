#include "common/energy/journal.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    header.token = "0123";
    header.host = "n\"1\n";
    header.pue = 1.1;
    header.processors = 4;
    JournalWriter writer(file, header);
    for (int i = 0; i < 3; ++i) {
      Beat beat;
      beat.run = "collect.fp-1";
      beat.stage = "collect.fp";
      beat.at = "2026-01-01T00:00:00Z";
      beat.method = "declared";
      beat.wall_s = i + 0.1;
      beat.devices = {{"package-0", 2.5 * i}, {"gpu 0", std::numeric_limits<double>::quiet_NaN()}};
      beat.uses = {1.5, 0, 0.25, std::numeric_limits<double>::quiet_NaN()};
      if (i == 2) beat.ended = "whole";
      writer.append(beat);
    }
  }
  test::TempDir dir;
  std::filesystem::path const file = dir / "energy" / "0123-j.jsonl";
  JournalHeader header;
};

TEST_F(JournalTest, ReadsWhatWasWritten) {
  auto const journal = read_journal(file);
  EXPECT_EQ(journal.header.host, "n\"1\n");
  EXPECT_EQ(journal.header.pue, 1.1);
  ASSERT_EQ(journal.beats.size(), 3u);
  EXPECT_EQ(journal.beats[1].wall_s, 1.1);
  EXPECT_EQ(journal.beats[1].devices.at("package-0"), 2.5);
  EXPECT_TRUE(std::isnan(journal.beats[1].devices.at("gpu 0")));
  EXPECT_EQ(journal.beats[1].uses.lost, 0.25);
  EXPECT_TRUE(std::isnan(journal.beats[1].uses.idle));
  EXPECT_EQ(journal.beats[2].ended, "whole");
  EXPECT_EQ(read_journals(dir / "energy").size(), 1u);
  EXPECT_TRUE(read_journals(dir / "nowhere").empty());
}

TEST_F(JournalTest, AJobGoesOnInItsFile) {
  {
    JournalWriter writer(file, header);
    Beat beat;
    beat.run = beat.stage = "train";
    writer.append(beat);
  }
  EXPECT_EQ(read_journal(file).beats.size(), 4u);
}

// As a kill leaves it: cut anywhere, the whole lines before the cut are read.
TEST_F(JournalTest, ATornLastLineDoesNotCount) {
  auto const whole = read_file(file);
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    test::write_quickly(file, whole.substr(0, size));
    auto const lines = static_cast<std::size_t>(std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size), '\n'));
    EXPECT_EQ(read_journal(file).beats.size(), lines == 0 ? 0 : lines - 1) << size;
  }
}

TEST_F(JournalTest, AnyOtherDamageIsNamedByItsLine) {
  auto const whole = read_file(file);
  auto const second = whole.find('\n') + 1;
  for (std::size_t at = 0; at + 1 < whole.size(); at += 5) {
    auto damaged = whole;
    damaged[at] = damaged[at] == '~' ? '!' : '~';
    test::write_quickly(file, damaged);
    test::expect_error(Errc::data, at < second - 1 ? "j.jsonl:1: is damaged" : "j.jsonl:", [&] { read_journal(file); });
  }
}

TEST_F(JournalTest, LinesAreEachThereOnceAndInTheirOrder) {
  auto const whole = read_file(file);
  std::vector<std::string> lines;
  std::istringstream in(whole);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  ASSERT_EQ(lines.size(), 4u);
  auto const refused = [&](std::vector<std::size_t> const& order, std::string const& part) {
    std::string text;
    for (auto const i : order) text += lines[i];
    test::write_quickly(file, text);
    test::expect_error(Errc::data, part, [&] { read_journal(file); });
  };
  refused({0, 1, 1, 2, 3}, "j.jsonl:3: is line 2 of this journal");
  refused({0, 2, 3}, "j.jsonl:2: is line 3");
  refused({0, 2, 1, 3}, "j.jsonl:2: is line 3");
  refused({1, 2, 3}, "j.jsonl:1: is line 2");
}

TEST_F(JournalTest, ACopyUnderAnotherNameDoesNotCountTwice) {
  std::filesystem::copy_file(file, dir / "energy/copy.jsonl");
  test::expect_error(Errc::data, "copy.jsonl:1: is the journal of job 0123 under another name", [&] { read_journals(dir / "energy"); });
}

TEST_F(JournalTest, AFirstLineThatCouldNotBeWrittenIsWrittenLater) {
  replace_file(dir / "energy/0123-empty.jsonl", "");  // as a full disk leaves it
  JournalWriter(dir / "energy/0123-empty.jsonl", header).append({});
  EXPECT_EQ(read_journal(dir / "energy/0123-empty.jsonl").header.token, "0123");
}

TEST_F(JournalTest, ACommandMayHoldAnything) {
  header.command = "apq run --config exp\xe9.yaml";
  JournalWriter(dir / "energy/0123-odd.jsonl", header).append({});
  EXPECT_NE(read_journal(dir / "energy/0123-odd.jsonl").header.command.find("apq run"), std::string::npos);
}

TEST_F(JournalTest, WhereItCannotBeWrittenIsSaid) {
  replace_file(dir / "plain", "x");
  test::expect_error(Errc::io, "plain", [&] { JournalWriter(dir / "plain" / "0123-j.jsonl", header); });
  test::expect_error(Errc::io, "No space left on device", [&] { JournalWriter("/dev/full", header).append({}); });
}

}  // namespace
}  // namespace apq::energy
