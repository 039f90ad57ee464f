#include "common/checkpoint/zip_records.hpp"

#include <gtest/gtest.h>

#include "support/error_of.hpp"
#include "support/zip_archive.hpp"

namespace {
using namespace apq;
using checkpoint::ZipRecords;
using test::ZipRecord;

void expect_refused(std::string const& part, std::vector<ZipRecord> const& records) {
  auto const archive = test::zip_archive(records);
  test::expect_error(Errc::data, "a.pt: " + part, [&] {
    ZipRecords zip(archive, "a.pt");
    for (auto const& record : records) zip.find(record.name.substr(2));
  });
}

TEST(ZipRecords, AreThePartsOfTheFile) {
  for (bool in_64_bits : {false, true}) {
    auto const archive =
        test::zip_archive({{"w/data.pkl", "pickle", false, 0, 0, 0, in_64_bits}, {"w/data/0", std::string(100, 'x')}, {"w/empty", ""}});
    ZipRecords zip(archive, "a.pt");
    EXPECT_EQ(zip.find("data.pkl"), "pickle");
    auto const storage = zip.find("data/0");
    ASSERT_TRUE(storage);
    EXPECT_EQ(*storage, std::string(100, 'x'));
    EXPECT_TRUE(storage->data() > archive.data() && storage->data() < archive.data() + archive.size()) << "not a copy";
    EXPECT_EQ(zip.find("empty"), "");
    EXPECT_FALSE(zip.find("data/1"));
    EXPECT_FALSE(zip.find("w/data.pkl"));
  }
  auto const without_folder = test::zip_archive({{"data.pkl", "pickle"}, {"data/0", "xyz"}});
  ZipRecords zip(without_folder, "a.pt");
  EXPECT_EQ(zip.find("data.pkl"), "pickle");
  EXPECT_EQ(zip.find("data/0"), "xyz");
}

TEST(ZipRecords, CompressedOnesAreRefusedByName) {
  expect_refused("record data/0 is compressed", {{"w/data.pkl", "pickle"}, {"w/data/0", std::string(1 << 20, '\0'), true}});
  expect_refused("record data.pkl is compressed", {{"w/data.pkl", std::string(1 << 20, 'N'), true}});
  expect_refused("record data/0 is encrypted", {{"w/data.pkl", "pickle"}, {"w/data/0", "x", false, 1}});
  expect_refused("record data/0\\x1b[31m is compressed", {{"w/data.pkl", "pickle"}, {"w/data/0\x1b[31m", "xxxxxxxx", true}});
  // One that nobody asks for hurts nobody.
  auto const archive = test::zip_archive({{"w/data.pkl", "pickle"}, {"w/readme", std::string(1000, 'a'), true}});
  EXPECT_EQ(ZipRecords(archive, "a.pt").find("data.pkl"), "pickle");
}

TEST(ZipRecords, NothingBeyondTheFileAndNothingTwice) {
  expect_refused("record w/data/0 has 4000000000 bytes", {{"w/data.pkl", "pickle"}, {"w/data/0", "xyz", false, 0, 0, 4000000000}});
  expect_refused("record w/data/0 has 1152921504606846976 bytes",
                 {{"w/data.pkl", "p", false, 0, 0, 0, true}, {"w/data/0", "xyz", false, 0, 0, 1ULL << 60U, true}});
  expect_refused("record data/0 is there twice", {{"w/data.pkl", "pickle"}, {"w/data/0", "x"}, {"w/data/0", "y"}});
  // The second record's place is that of the first.
  expect_refused("records ", {{"w/data.pkl", std::string(30, 'p')}, {"w/data/0", "x", false, 0, 0, 0, false, -70}});
}

TEST(ZipRecords, ChecksumsCountWhereTheFileHasThem) {
  expect_refused("record data/0 is damaged (wrong checksum)", {{"w/data.pkl", "pickle"}, {"w/data/0", "xyz", false, 0, 1}});
  auto const without = test::zip_archive({{"w/data.pkl", "pickle", false, 0, 5}, {"w/data/0", "xyz", false, 0, 7}});
  EXPECT_EQ(ZipRecords(without, "a.pt").find("data/0"), "xyz");
}

TEST(ZipRecords, CutAnywhereIsNoArchive) {
  auto const archive = test::zip_archive({{"w/data.pkl", "pickle"}, {"w/data/0", "xyz"}});
  for (std::size_t size = 0; size < archive.size(); ++size)
    test::expect_error(Errc::data, "a.pt: is no whole zip archive", [&] { ZipRecords(archive.substr(0, size), "a.pt"); });
}

}  // namespace
