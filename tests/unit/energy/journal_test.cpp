#include "common/energy/journal.hpp"

#include <cmath>
#include <limits>

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
  std::filesystem::path const file = dir / "energy" / "j.jsonl";
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
  for (std::size_t at = 0; at < whole.rfind('\n', whole.size() - 2); at += 5) {
    auto damaged = whole;
    damaged[at] = damaged[at] == '~' ? '!' : '~';
    test::write_quickly(file, damaged);
    test::expect_error(Errc::data, at < second - 1 ? "j.jsonl:1: is damaged" : "j.jsonl:", [&] { read_journal(file); });
  }
}

TEST_F(JournalTest, WhereItCannotBeWrittenIsSaid) {
  replace_file(dir / "plain", "x");
  test::expect_error(Errc::io, "plain", [&] { JournalWriter(dir / "plain" / "j.jsonl", header); });
  test::expect_error(Errc::io, "No space left on device", [&] { JournalWriter("/dev/full", header).append({}); });
}

}  // namespace
}  // namespace apq::energy
