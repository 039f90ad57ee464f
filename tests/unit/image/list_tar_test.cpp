#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/image/listing.hpp"
#include "common/image/source.hpp"
#include "support/encode_image.hpp"
#include "support/mutation.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using test::tar_end;
using test::tar_member;

std::string pax_record(std::string const& key, std::string const& value) {
  auto const rest = " " + key + "=" + value + "\n";
  auto length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

std::string const shard = tar_member("a/", "", '5') + tar_member("a/001.jpg", "JPEG") + tar_member("a/001.cls", "3\n") +
                          tar_member("a/001.json", "{}") + tar_member("a/002.cls", "0") + tar_member("a/002.PNG", "PNG..") + tar_end();

struct Shard {
  test::TempDir directory;
  image::Listing list(std::string const& bytes, int classes = 10) const {
    test::write_quickly(directory / "s.tar", bytes);
    return image::list_tar({directory / "s.tar"}, classes);
  }
  void expect_refused(std::string const& bytes, std::string const& reason) const {
    try {
      list(bytes);
      ADD_FAILURE() << "must be refused: " << reason;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("s.tar"), std::string::npos) << e.what();
    }
  }
};

TEST(ListTar, JoinsMembersByKey) {
  Shard const s;
  auto const listing = s.list(shard);
  ASSERT_EQ(listing.entries.size(), 2u);
  EXPECT_EQ(listing.entries[0].label, 3);
  EXPECT_EQ(listing.entries[1].label, 0);
  EXPECT_EQ(shard.substr(listing.entries[0].offset, listing.entries[0].bytes), "JPEG");
  EXPECT_EQ(shard.substr(listing.entries[1].offset, listing.entries[1].bytes), "PNG..");
  EXPECT_EQ(image::source_kind("tar").count({.paths = {s.directory / "s.tar"}}, true, 100), 2u);
  EXPECT_EQ(s.list(shard.substr(0, shard.size() - 1024)).hash, listing.hash);  // no empty blocks at the end
}

TEST(ListTar, ReadsLongNames) {
  Shard const s;
  std::string const name = "x/" + std::string(150, 'n') + ".y";  // its key ends at the first dot of the last part
  auto const with_pax = tar_member("pax", pax_record("mtime", "1.5") + pax_record("path", name + ".jpg"), 'x') + tar_member("cut", "J") +
                        tar_member("pax", pax_record("path", "x/" + std::string(150, 'n') + ".cls"), 'x') + tar_member("cut", "1") +
                        tar_end();
  EXPECT_THROW(s.list(with_pax), Error);  // field "y.jpg" is no image field
  std::string const stem = "x.d/" + std::string(150, 'n');
  auto const fitting = tar_member("g", pax_record("comment", "c"), 'g') + tar_member("pax", pax_record("path", stem + ".jpg"), 'x') +
                       tar_member("cut", "J") + tar_member("././@LongLink", stem + ".cls" + std::string(1, '\0'), 'L') +
                       tar_member("cut", "1") + tar_end();
  EXPECT_EQ(s.list(fitting).entries.at(0).label, 1);
  auto prefixed = tar_member("b.jpg", "J") + tar_member("b.cls", "1") + tar_end();
  EXPECT_EQ(s.list(prefixed).entries.size(), 1u);
}

TEST(ListTar, RefusesWhatIsDamagedOrIncomplete) {
  Shard const s;
  s.expect_refused(shard.substr(0, 700), "is truncated");
  s.expect_refused(shard.substr(0, 1026), "is truncated within a/001.jpg (at byte 512)");
  s.expect_refused("", "is empty, no tar file");
  s.expect_refused(std::string(600, 'x'), "is not a tar file");
  s.expect_refused(std::string("\x1f\x8b\x08", 3) + std::string(600, 'x'),
                   "is compressed (gzip), so that its pictures cannot be read one by one; unpack it with gunzip");
  s.expect_refused("BZh91AY" + std::string(600, 'x'), "unpack it with bunzip2");
  s.expect_refused(std::string("\xfd\x37zXZ\0", 6) + std::string(600, 'x'), "unpack it with unxz");
  s.expect_refused("\x28\xb5\x2f\xfd" + std::string(600, 'x'), "unpack it with unzstd");
  auto flipped = shard;
  flipped[512 + 3] ^= 1;
  s.expect_refused(flipped, "has a damaged header (at byte 512)");
  s.expect_refused(tar_member("k.jpg", "J") + tar_end(), "sample k has no label");
  s.expect_refused(tar_member("k.cls", "1") + tar_end(), "sample k has no image");
  s.expect_refused(tar_member("k.jpg", "J") + tar_member("k.png", "P") + tar_end(), "sample k has two images");
  s.expect_refused(tar_member("k.jpg", "J") + tar_member("k.cls", "cat") + tar_end(), "sample k: label cat is not a whole number");
  s.expect_refused(tar_member("k.jpg", "J") + tar_member("k.cls", "10") + tar_end(), "sample k: label 10 is outside 0..9");
  s.expect_refused(tar_member("p", "12 path", 'x') + tar_end(), "damaged pax header");
  s.expect_refused(tar_end(), "holds no images");
}

// As group_by_keys and base_plus_ext of the webdataset package do.
TEST(ListTar, PairsWhatWebDatasetPairs) {
  Shard const s;
  auto const labels = [&](std::string const& bytes) {
    std::vector<int> found;
    for (auto const& entry : s.list(bytes + tar_end()).entries) found.push_back(entry.label);
    return found;
  };
  using Labels = std::vector<int>;
  EXPECT_EQ(labels(tar_member("k.jpg", "J") + tar_member("k.cls", " 1\r\n") + tar_member("l.CLS", "2") + tar_member("l.JPEG", "J")),
            (Labels{1, 2}));
  EXPECT_EQ(labels(tar_member("k.webp", "W") + tar_member("k.cls", "1")), Labels{1});
  EXPECT_EQ(labels(tar_member("v.2/k.jpg", "J") + tar_member("v.2/k.cls", "1")), Labels{1}) << "a folder's dots do not count";
  EXPECT_EQ(labels(tar_member("./k.jpg", "J") + tar_member("./k.cls", "1")), Labels{1});
  EXPECT_EQ(labels(tar_member("a/k.jpg", "J") + tar_member("a/k.cls", "1") + tar_member("b/k.jpg", "J") + tar_member("b/k.cls", "2")),
            (Labels{1, 2}))
      << "the folder is part of the key";
  EXPECT_EQ(labels(tar_member("k.jpg", "J") + tar_member("k.seg.png", "P") + tar_member("k.cls", "1")), Labels{1});
  EXPECT_EQ(labels(tar_member("._k.jpg", "x") + tar_member("k.jpg", "J") + tar_member("._k.cls", "x") + tar_member("k.cls", "1")),
            Labels{1});
  auto const again = tar_member("k.jpg", "J") + tar_member("k.cls", "1");
  EXPECT_EQ(labels(again + tar_member("l.jpg", "J") + tar_member("l.cls", "2") + again), (Labels{1, 2, 1})) << "a key may come back";
  EXPECT_EQ(labels(again + tar_end() + tar_member("l.jpg", "J")), Labels{1}) << "the archive ends at two empty blocks";
}

TEST(ListTar, SaysWhyASampleIsNotWhole) {
  Shard const s;
  auto const one = tar_member("0.jpg", "J"), other = tar_member("1.jpg", "J");
  s.expect_refused(one + other + tar_member("0.cls", "1") + tar_member("1.cls", "1") + tar_end(),
                   "sample 0 has no label (.cls): 0.cls is no neighbour of it, and WebDataset pairs neighbours alone");
  s.expect_refused(one + tar_member("0.json", "{}") + tar_end(), "sample 0 has no label (.cls): it has .jpg, .json");
  s.expect_refused(tar_member("0.cls", "1") + tar_member("0.jpg", "", '1') + tar_end(),
                   "sample 0 has no image (.jpg, .jpeg, .png or .webp): 0.jpg is a link");
  s.expect_refused(tar_member("0.cls", "1") + tar_member("0.jpg", "", '2') + tar_end(), "0.jpg is a link");
  s.expect_refused(one + one + tar_member("0.cls", "1") + tar_end(), "sample 0 has two entries 0.jpg");
  s.expect_refused(one + tar_member("0.cls", "1") + tar_member("0.cls", "2") + tar_end(), "sample 0 has two entries 0.cls");
  s.expect_refused(one + tar_member("0.png", "J") + tar_end(), "sample 0 has two images (0.jpg and 0.png)");
  s.expect_refused(tar_member("img.v2.0.jpg", "J") + tar_member("img.v2.0.cls", "1") + tar_end(),
                   "sample img: the extension of img.v2.0.jpg is .v2.0.jpg, because WebDataset cuts names at their first dot");
  s.expect_refused(one + tar_member("0.cls", std::string(65, ' ') + "1") + tar_end(), "sample 0: label of 66 bytes is not a whole number");
  s.expect_refused(one + tar_member("0.cls", "\x1b[2J") + tar_end(), "sample 0: label \\x1b[2J is not a whole number");
  s.expect_refused(tar_member("a\nb.jpg", "J") + tar_end(), "sample a\\nb has no label");
}

TEST(ListTar, CountsSamplesWithoutPictureAndLabel) {
  Shard const s;
  testing::internal::CaptureStderr();
  auto const listing = s.list(tar_member("about.txt", "x") + tar_member("k.jpg", "J") + tar_member("k.cls", "1") +
                              tar_member("z.json", "x") + tar_member("z.txt", "x") + tar_end());
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(listing.entries.size(), 1u);
  EXPECT_NE(said.find("2 samples have neither a picture nor a label and are left out ("), std::string::npos) << said;
  EXPECT_NE(said.find("sample about, which has .txt)"), std::string::npos) << said;
}

TEST(ListTar, NamesTheEntryOfAPicture) {
  Shard const s;
  auto const listing = s.list(shard);
  EXPECT_EQ(image::source_kind("tar").picture_name(listing, 1), (s.directory / "s.tar").string() + ": entry a/002.PNG");
  std::filesystem::remove(s.directory / "s.tar");
  EXPECT_EQ(image::source_kind("tar").picture_name(listing, 0), (s.directory / "s.tar").string() + " (entry at byte 1024)");
}

TEST(ListTar, TakesShardsByBracesAndWildcards) {
  EXPECT_EQ(image::expand_braces("s-{08..11}.tar"), (std::vector<std::string>{"s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar"}));
  EXPECT_EQ(image::expand_braces("{a,b}{1..2}"), (std::vector<std::string>{"a1", "a2", "b1", "b2"}));
  EXPECT_EQ(image::expand_braces("plain"), std::vector<std::string>{"plain"});
  for (char const* wrong : {"{1..", "{2..1}", "{a..b}", "{{1..2}}", "{1..9}{0..999999}"})
    EXPECT_THROW(image::expand_braces(wrong), Error) << wrong;
  Shard const s;
  for (char const* name : {"t-1.tar", "t-0.tar"})
    replace_file(s.directory / name, tar_member("k.jpg", name) + tar_member("k.cls", "1") + tar_end());
  auto const globbed = image::list_tar({(s.directory / "t-*.tar").string()}, 2);
  ASSERT_EQ(globbed.files.size(), 2u);
  EXPECT_TRUE(globbed.files[0].ends_with("t-0.tar"));
  EXPECT_EQ(globbed.hash, image::list_tar({(s.directory / "t-{0..1}.tar").string()}, 2).hash);
  EXPECT_THROW(image::list_tar({(s.directory / "u-*.tar").string()}, 2), Error);
}

TEST(ListTarMutations, EndInAListingWithinTheFileOrAnError) {
  Shard const s;
  std::string const stem = "x/" + std::string(120, 'n');
  std::string const seed = tar_member("pax", pax_record("path", stem + ".jpg") + pax_record("size", "4"), 'x') + tar_member("cut", "JPEG") +
                           tar_member("././@LongLink", stem + ".cls" + std::string(1, '\0'), 'L') + tar_member("cut", "1") + shard;
  ASSERT_EQ(s.list(seed).entries.size(), 3u);
  int whole = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    auto const bytes = test::mutated(seed, i);
    try {
      auto const listing = s.list(bytes);
      ++whole;
      for (auto const& entry : listing.entries) {
        EXPECT_LE(entry.bytes, bytes.size());
        EXPECT_LE(entry.offset, bytes.size() - entry.bytes);
        EXPECT_LT(entry.label, 10);
      }
    } catch (Error const& e) {
      EXPECT_TRUE(e.code() == Errc::data) << i << " " << e.what();
    }
  }
  EXPECT_GT(whole, 10);
  EXPECT_LT(whole, 900);
}

}  // namespace
