#include "common/image/listing.hpp"

#include <chrono>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/image/changed_files.hpp"
#include "common/image/data_config.hpp"
#include "common/image/source.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

void expect_error(Errc code, std::string const& reason, std::function<void()> const& step) {
  try {
    step();
    ADD_FAILURE() << "must be refused: " << reason;
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
  }
}

std::string const jpeg = "\xff\xd8\xff";  // its first bytes: a picture under any name

struct Folder {
  test::TempDir directory;
  Folder() {
    for (char const* name : {"n02/b.JPEG", "n01/a.JPEG", "n02/a.JPEG", "n10/z"}) {
      make_directory((directory / name).parent_path());
      replace_file(directory / name, std::string(name) == "n10/z" ? jpeg + "zz" : name);
    }
    replace_file(directory / "n01/.hidden", "");
    replace_file(directory / "README", "not a class");
  }
};

TEST(ListFolder, TakesLabelsFromSortedFolders) {
  Folder const f;
  auto const listing = image::list_folder(f.directory.path(), {}, 3);
  ASSERT_EQ(listing.entries.size(), 4u);
  EXPECT_TRUE(listing.files[0].ends_with("n01/a.JPEG"));
  EXPECT_TRUE(listing.files[2].ends_with("n02/b.JPEG"));
  std::vector<int> labels;
  for (auto const& entry : listing.entries) labels.push_back(entry.label);
  EXPECT_EQ(labels, (std::vector<int>{0, 1, 1, 2}));
  EXPECT_EQ(listing.entries[3].bytes, 5u);
  auto const count = [&](std::size_t enough) { return image::source_kind("folder").count({.paths = {f.directory.path()}}, true, enough); };
  EXPECT_EQ(count(100), 4u);
  EXPECT_EQ(count(2), 3u) << "looks into no further folder";
}

TEST(ListFolder, TakesLabelsFromAClassList) {
  Folder const f;
  replace_file(f.directory / "README", "n10 fish, big\nn03 none\nn01 dog\nn02\n");
  auto const listing = image::list_folder(f.directory.path(), f.directory / "README", 10);
  EXPECT_EQ(listing.entries[0].label, 2);
  EXPECT_EQ(listing.entries[3].label, 0);
  replace_file(f.directory / "README", "n01\nn02\n");
  expect_error(Errc::data, "n10: is no class of", [&] { image::list_folder(f.directory.path(), f.directory / "README", 10); });
  replace_file(f.directory / "README", "n01\nn02\nn01\n");
  expect_error(Errc::data, "README:3: n01 is there twice", [&] { image::list_folder(f.directory.path(), f.directory / "README", 10); });
}

TEST(ListFolder, HashFollowsNamesSizesAndLabels) {
  Folder const f;
  auto const hash = [&] { return image::list_folder(f.directory.path(), {}, 3).hash; };
  auto const before = hash();
  EXPECT_EQ(hash(), before);
  replace_file(f.directory / "n10/z", jpeg + "longer than it was");
  auto const after_size = hash();
  EXPECT_NE(after_size, before);
  std::filesystem::rename(f.directory / "n10/z", f.directory / "n10/y");
  EXPECT_NE(hash(), after_size);
  replace_file(f.directory / "README", "n10\nn02\nn01\n");
  EXPECT_NE(image::list_folder(f.directory.path(), f.directory / "README", 3).hash, hash());
}

TEST(ListFolder, RefusesWhatCannotBeRight) {
  Folder const f;
  expect_error(Errc::data, "holds 3 class folders; the space has 1000 classes", [&] { image::list_folder(f.directory.path(), {}, 1000); });
  expect_error(Errc::io, "/nowhere: no such directory", [&] { image::list_folder("/nowhere", {}, 3); });
  test::TempDir const empty;
  expect_error(Errc::data, "holds no class folders", [&] { image::list_folder(empty.path(), {}, 3); });
  make_directory(empty / "n01");
  expect_error(Errc::data, "holds no images", [&] { image::list_folder(empty.path(), {}, 1); });
}

// Tiny ImageNet's layout beside a flat one, in the order of ImageFolder's sorted(os.walk()).
TEST(ListFolder, TakesPicturesAtAnyDepthInImageFoldersOrder) {
  Folder const f;
  for (char const* name : {"n01/images/z.jpg", "n01/images/a.png", "n01/b.webp", "n01/images-more/0.bmp", "n01/images/deep/1.tiff",
                           "n01/.cache/x.jpg", "n01/images/n01_boxes.txt"}) {
    make_directory((f.directory / name).parent_path());
    replace_file(f.directory / name, name);
  }
  std::vector<std::string> names;
  for (auto const& file : image::list_folder(f.directory.path(), {}, 3).files)
    names.push_back(std::filesystem::path(file).lexically_relative(f.directory.path()).string());
  EXPECT_EQ(names, (std::vector<std::string>{"n01/a.JPEG", "n01/b.webp", "n01/images/a.png", "n01/images/z.jpg", "n01/images-more/0.bmp",
                                             "n01/images/deep/1.tiff", "n02/a.JPEG", "n02/b.JPEG", "n10/z"}));
  EXPECT_EQ(image::source_kind("folder").count({.paths = {f.directory.path()}}, true, 100), names.size());
}

TEST(ListFolder, LeavesOutWhatIsNoPictureAndSaysSoOnce) {
  Folder const f;
  auto const plain = image::list_folder(f.directory.path(), {}, 3);
  replace_file(f.directory / "n01/Thumbs.db", "\xd0\xcf\x11\xe0");
  replace_file(f.directory / "n01/desktop.ini", "[.ShellClassInfo]\r\n");
  replace_file(f.directory / "n02/MD5SUMS\x1b[2J", "");
  replace_file(f.directory / "n02/.DS_Store", "");
  ASSERT_EQ(::mkfifo((f.directory / "n02/pipe").c_str(), 0600), 0);
  testing::internal::CaptureStderr();
  auto const listing = image::list_folder(f.directory.path(), {}, 3);
  EXPECT_EQ(image::list_folder(f.directory.path(), {}, 3).hash, plain.hash);
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(listing.hash, plain.hash) << "what is no picture is no part of the set";
  EXPECT_NE(said.find("4 files that are no pictures are left out (n01/Thumbs.db, n01/desktop.ini, n02/MD5SUMS\\x1b[2J, ...)"),
            std::string::npos)
      << said;
  EXPECT_EQ(said.find("4 files"), said.rfind("4 files")) << said;
  EXPECT_EQ(image::source_kind("folder").count({.paths = {f.directory.path()}}, true, 100), 4u);
  EXPECT_EQ(image::list_unlabelled(f.directory.path()).entries.size(), 4u);
}

TEST(ListFolder, AnEmptyClassIsSaidAndIsAClass) {
  Folder const f;
  make_directory(f.directory / "n015");
  testing::internal::CaptureStderr();
  auto const listing = image::list_folder(f.directory.path(), {}, 4);
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("1 of 4 class folders holds no picture (n015); it counts as a class all the same"), std::string::npos) << said;
  std::vector<int> labels;
  for (auto const& entry : listing.entries) labels.push_back(entry.label);
  EXPECT_EQ(labels, (std::vector<int>{0, 2, 2, 3}));
  expect_error(Errc::data, "holds 4 class folders (1 without a picture: n015); the space has 3 classes",
               [&] { image::list_folder(f.directory.path(), {}, 3); });
}

TEST(ListFolder, FollowsLinksThatEnd) {
  Folder const f;
  test::TempDir const elsewhere;
  make_directory(elsewhere / "more");
  replace_file(elsewhere / "more/c.jpg", "c");
  std::filesystem::create_directory_symlink(elsewhere.path(), f.directory / "n03");
  std::filesystem::create_directory_symlink(elsewhere / "more", f.directory / "n01/linked");
  EXPECT_EQ(image::list_folder(f.directory.path(), {}, 4).entries.size(), 6u);
  EXPECT_EQ(image::list_unlabelled(f.directory.path()).entries.size(), 6u);
  std::filesystem::create_directory_symlink("..", f.directory / "n02/up");
  expect_error(Errc::data, "n02/up: is a link to a folder that it lies in", [&] { image::list_folder(f.directory.path(), {}, 4); });
  std::filesystem::remove(f.directory / "n02/up");
  std::filesystem::create_directory_symlink(f.directory / "n02", elsewhere / "more/back");
  std::filesystem::create_directory_symlink(elsewhere / "more", f.directory / "n02/there");
  expect_error(Errc::data, "is a link to a folder that it lies in", [&] { image::list_folder(f.directory.path(), {}, 4); });
  std::filesystem::remove(f.directory / "n02/there");
  std::filesystem::remove(elsewhere / "more/back");
  std::filesystem::create_symlink("/nowhere/a.jpg", f.directory / "n02/dead.jpg");
  expect_error(Errc::io, "n02/dead.jpg: is not a readable file", [&] { image::list_folder(f.directory.path(), {}, 4); });
}

TEST(ChangedFiles, AreThoseWrittenMovedOrTakenAwaySince) {
  Folder const f;
  test::TempDir const elsewhere;
  replace_file(elsewhere / "old.jpg", "x");
  make_directory(f.directory / "n01/sub");
  replace_file(f.directory / "n01/sub/c.jpg", "c");
  auto const tick = [] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); };  // clocks of file systems are coarse
  tick();
  replace_file(elsewhere / "now", "");
  auto const moment = std::filesystem::last_write_time(elsewhere / "now");
  auto const changed = [&] { return image::changed_since(image::list_folder(f.directory.path(), {}, 3), moment); };
  EXPECT_TRUE(changed().files.empty() && changed().folders.empty());
  tick();
  std::filesystem::rename(elsewhere / "old.jpg", f.directory / "n10/old.jpg");  // its content's time is older
  std::filesystem::remove(f.directory / "n01/sub/c.jpg");
  std::filesystem::resize_file(f.directory / "n02/a.JPEG", 3);
  auto const found = changed();
  EXPECT_EQ(found.files, (std::vector{(f.directory / "n02/a.JPEG").string(), (f.directory / "n10/old.jpg").string()}));
  EXPECT_EQ(found.folders, (std::vector{(f.directory / "n10").string()})) << "a folder below a class that holds nothing now is not asked";
  replace_file(f.directory / "list.txt", "n01/a.JPEG 0\n");
  EXPECT_EQ(image::changed_since(image::list_file(f.directory / "list.txt", {}, 3), moment).files,
            std::vector{(f.directory / "list.txt").string()});
}

TEST(ListUnlabelled, TakesPicturesAtAnyDepth) {
  Folder const f;
  auto const listing = image::list_unlabelled(f.directory.path());
  EXPECT_EQ(listing.entries.size(), 4u);
  for (auto const& entry : listing.entries) EXPECT_EQ(entry.label, 0);
}

TEST(ListFile, ReadsPathsWithSpacesFromItsRoot) {
  Folder const f;
  replace_file(f.directory / "n01/with space.JPEG", "x");
  replace_file(f.directory / "list.txt", "n01/with space.JPEG 7\r\n\nn02/a.JPEG\t2\n");
  auto const listing = image::list_file(f.directory / "list.txt", {}, 8);
  ASSERT_EQ(listing.entries.size(), 2u);
  EXPECT_EQ(listing.entries[0].label, 7);
  EXPECT_EQ(listing.entries[1].label, 2);
  EXPECT_EQ(image::source_kind("list").count({.paths = {f.directory / "list.txt"}}, true, 100), listing.entries.size());
  replace_file(f.directory / "list.txt", "a.JPEG 0\n");
  EXPECT_EQ(image::list_file(f.directory / "list.txt", f.directory / "n02", 8).entries.size(), 1u);
}

TEST(ListFile, NamesTheLineOfAMistake) {
  Folder const f;
  auto const expect = [&](Errc code, std::string const& text, std::string const& reason) {
    replace_file(f.directory / "list.txt", text);
    expect_error(code, reason, [&] { image::list_file(f.directory / "list.txt", {}, 10); });
  };
  expect(Errc::data, "n01/a.JPEG 0\nn02/a.JPEG cat\n", "list.txt:2: label cat is not a whole number");
  expect(Errc::data, "n01/a.JPEG 10\n", "list.txt:1: label 10 is outside 0..9");
  expect(Errc::data, "n01/a.JPEG -1\n", "list.txt:1: label -1 is outside 0..9");
  expect(Errc::data, "n01/a.JPEG\n", "list.txt:1: must be `path label`");
  expect(Errc::io, "n01/gone.JPEG 1\n", "n01/gone.JPEG: No such file");
  expect(Errc::data, "\n \n", "lists no images");
  expect(Errc::data, std::string("a\0b 1\n", 6), "is not a text file");
  expect_error(Errc::io, "nowhere.txt", [&] { image::list_file(f.directory / "nowhere.txt", {}, 10); });
}

TEST(ListFile, ReadsWhatEditorsOfOtherSystemsSave) {
  Folder const f;
  std::string const plain = "n01/a.JPEG 1\nn02/b.JPEG 0\n";
  auto const hash = [&](std::string const& text) {
    replace_file(f.directory / "list.txt", text);
    EXPECT_EQ(image::source_kind("list").count({.paths = {f.directory / "list.txt"}}, true, 100), 2u) << text;
    return image::list_file(f.directory / "list.txt", {}, 8).hash;
  };
  auto const expected = hash(plain);
  EXPECT_EQ(hash("\xef\xbb\xbf" + plain), expected);
  EXPECT_EQ(hash("\xef\xbb\xbfn01/a.JPEG 1\r\nn02/b.JPEG 0\r\n"), expected);
  EXPECT_EQ(hash("n01/a.JPEG 1\rn02/b.JPEG 0\r"), expected);
  replace_file(f.directory / "list.txt", std::string("\xff\xfen\0", 4));
  expect_error(Errc::data, "list.txt: is not a text file of `path label` a line (it is UTF-16; save it as UTF-8)",
               [&] { image::list_file(f.directory / "list.txt", {}, 8); });
  replace_file(f.directory / "list.txt", "\xef\xbb\xbf\r\nn01/a.JPEG x\x1b[31m\r\n");
  expect_error(Errc::data, "list.txt:2: label x\\x1b[31m is not a whole number",
               [&] { image::list_file(f.directory / "list.txt", {}, 8); });
}

TEST(ListFolder, ReadsClassListsThatEditorsOfOtherSystemsSave) {
  Folder const f;
  auto const labels = [&](std::string const& text) {
    replace_file(f.directory / "classes.txt", text);
    std::vector<int> found;
    for (auto const& entry : image::list_folder(f.directory.path(), f.directory / "classes.txt", 4).entries) found.push_back(entry.label);
    return found;
  };
  std::vector<int> const expected{2, 1, 1, 0};
  EXPECT_EQ(labels("n10 fish\nn02\nn01\n"), expected);
  EXPECT_EQ(labels("\xef\xbb\xbfn10 fish\nn02\nn01\n\n\n"), expected);
  EXPECT_EQ(labels("\xef\xbb\xbfn10,fish\r\nn02\r\nn01\r\n\r\n"), expected);
  EXPECT_EQ(labels("n10\rn02\rn01"), expected);
  expect_error(Errc::data, "classes.txt:2: is empty", [&] { labels("n10\n\nn02\nn01\n"); });
}

image::DataConfig read(std::string const& text) {
  auto const config = Config::parse(text, "c.yaml");
  auto const result = image::read_data_config(config);
  config.finish();
  return result;
}

TEST(DataConfig, ReadsTwoSourcesOfDifferentKinds) {
  auto const c = read(
      "{training: {folder: /a, classes: /b}, test: {tar: ['/s/{0..3}.tar', /t/*.tar]}, mean: [0.1, 0.2, 0.3], deviation: 0.5, resize: 40, "
      "train_images: 0}");
  EXPECT_EQ(c.training.kind, "folder");
  EXPECT_EQ(c.training.classes, "/b");
  EXPECT_EQ(c.test.kind, "tar");
  EXPECT_EQ(c.test.paths, (std::vector<std::string>{"/s/{0..3}.tar", "/t/*.tar"}));
  EXPECT_EQ(c.normalisation.mean.size(), 3u);
  EXPECT_EQ(c.resize_for(32), 40);
  EXPECT_EQ(c.train_images, 0);
  EXPECT_EQ(image::DataConfig{}.resize_for(176), 202);
  EXPECT_EQ(image::DataConfig{}.resize_for(224), 256);
  EXPECT_NO_THROW(c.normalisation.check(3));
  expect_error(Errc::config, "data.mean: has 3 numbers for 1 image channel", [&] { c.normalisation.check(1); });
}

TEST(DataConfig, RefusesHalfASourceOrTwo) {
  expect_error(Errc::config, "test: is missing", [] { read("{training: {folder: /a}, mean: 0.5, deviation: 0.5}"); });
  expect_error(Errc::config, "must be one of {idx: DIR}",
               [] { read("{training: {folder: /a, list: /b}, test: {idx: /c}, mean: 0.5, deviation: 0.5}"); });
  expect_error(Errc::config, "must be one of {idx: DIR}", [] { read("{training: {}, test: {idx: /c}, mean: 0.5, deviation: 0.5}"); });
  expect_error(Errc::config, "directory = /x", [] { read("{directory: /x, training: {folder: /a}, test: {idx: /c}}"); });
  expect_error(Errc::config, "mean: is missing", [] { read("{training: {folder: /a}, test: {idx: /c}}"); });
  expect_error(Errc::config, "resize: unknown key", [] { read("{directory: /x, resize: 3}"); });
}

}  // namespace
