#include "common/core/atomic_file.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;
namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  long num_entries() const { return std::distance(fs::directory_iterator(dir_.path()), {}); }
  test::TempDir const dir_;
  fs::path const file_ = dir_ / "data.txt";
};

TEST_F(AtomicFile, ReplacesTheWhole) {
  replace_file(file_, std::string(100'000, 'a'));
  replace_file(file_, "short");
  EXPECT_EQ(read_file(file_), "short");
  replace_file(file_, "");
  EXPECT_EQ(read_file(file_), "");
  EXPECT_EQ(num_entries(), 1) << "no temporary file stays";
}

TEST_F(AtomicFile, CreatesWhereThereIsNone) {
  EXPECT_TRUE(create_file(file_, "first"));
  EXPECT_FALSE(create_file(file_, "second"));
  EXPECT_EQ(read_file(file_), "first");
  EXPECT_EQ(num_entries(), 1) << "no temporary file stays";
  EXPECT_THROW(create_file(dir_ / "absent" / "f.txt", ""), Error);
}

TEST_F(AtomicFile, WhatOthersClearedAwayIsWrittenAgain) {
  int times = 0;
  auto const cleared_away = [&](int how_often) {
    return [&times, how_often](fs::path const& path) {
      std::ofstream(path) << "text";
      if (++times <= how_often) fs::remove(path);
    };
  };
  replace_file(file_, cleared_away(2));
  EXPECT_EQ(times, 3);
  EXPECT_EQ(read_file(file_), "text");
  EXPECT_EQ(num_entries(), 1) << "no temporary file stays";
  times = 0;
  EXPECT_THROW(replace_file(file_, cleared_away(100)), Error) << "who clears away all is no other job";
  EXPECT_LT(times, 10);
}

TEST_F(AtomicFile, BytesStayAsTheyAre) {
  std::string bytes("\0\r\n\xff", 4);
  replace_file(file_, bytes);
  EXPECT_EQ(read_file(file_), bytes);
}

TEST_F(AtomicFile, TheOldFileSurvivesAFailingWriter) {
  replace_file(file_, "old");
  fs::path temporary;
  EXPECT_THROW(replace_file(file_,
                            [&](fs::path const& path) {
                              temporary = path;
                              std::ofstream(path) << "half of the new";
                              throw std::runtime_error("writer failed");
                            }),
               std::runtime_error);
  EXPECT_EQ(read_file(file_), "old");
  EXPECT_FALSE(fs::exists(temporary));
  EXPECT_TRUE(temporary.string().ends_with(".partial"));
  EXPECT_EQ(temporary.parent_path(), file_.parent_path()) << "a rename works within one file system only";
}

TEST_F(AtomicFile, ReadersSeeTheOldFileUntilTheEnd) {
  replace_file(file_, "old");
  replace_file(file_, [&](fs::path const& path) {
    std::ofstream(path) << "new";
    EXPECT_EQ(read_file(file_), "old");
  });
  EXPECT_EQ(read_file(file_), "new");
}

TEST_F(AtomicFile, LinksStayAndLeadToTheNewFile) {
  make_directory(dir_ / "elsewhere");
  replace_file(dir_ / "elsewhere" / "big.txt", "old");
  fs::create_symlink("elsewhere/big.txt", dir_ / "near.txt");
  fs::create_symlink("near.txt", file_);
  replace_file(file_, "new");
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(read_file(dir_ / "elsewhere" / "big.txt"), "new");
  fs::create_symlink("elsewhere/absent.txt", dir_ / "dangling.txt");
  replace_file(dir_ / "dangling.txt", "made");
  EXPECT_EQ(read_file(dir_ / "elsewhere" / "absent.txt"), "made");
  fs::create_symlink("circle.txt", dir_ / "circle.txt");
  EXPECT_THROW(replace_file(dir_ / "circle.txt", "x"), Error);
}

TEST_F(AtomicFile, DevicesAndPipesAreWrittenTo) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = read_file(file_); });
  replace_file(file_, "through");
  reader.join();
  EXPECT_EQ(got, "through");
  EXPECT_TRUE(fs::is_fifo(file_));
  replace_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(replace_file(dir_.path(), "x"), Error);
}

TEST_F(AtomicFile, TemporaryFilesAreNobodyElses) {
  replace_file(file_, [&](fs::path const& path) {
    EXPECT_NE(path.filename().string().find("." + host_name().substr(0, std::min<std::size_t>(host_name().find('.'), 32)) + "."),
              std::string::npos);
    struct ::stat status {};
    ASSERT_EQ(::lstat(path.c_str(), &status), 0) << "it is there before anything is written by name";
    EXPECT_TRUE(S_ISREG(status.st_mode));
    EXPECT_EQ(status.st_size, 0);
  });
}

TEST_F(AtomicFile, ErrorsNameTheFile) {
  auto message = [](auto const& action) -> std::string {
    try {
      action();
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::io);
      return e.what();
    }
    return "no error";
  };
  auto const absent = (dir_ / "absent" / "f.txt").string();
  EXPECT_EQ(message([&] { read_file(absent); }), absent + ": cannot be opened for reading (No such file or directory)");
  EXPECT_NE(message([&] { replace_file(absent, "x"); }).find(absent), std::string::npos);
  EXPECT_EQ(message([&] { read_file(dir_.path()); }), dir_.path().string() + ": is a directory, not a file");
  replace_file(file_, "x");
  EXPECT_NE(message([&] { make_directory(file_ / "below"); }).find("cannot make the directory"), std::string::npos);
}

TEST_F(AtomicFile, AFullDiskIsAnErrorAndTheOldFileStays) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  replace_file(file_, "old");
  EXPECT_THROW(replace_file(file_,
                            [](fs::path const& path) {
                              fs::remove(path);
                              fs::create_symlink("/dev/full", path);
                              std::ofstream out(path);
                              out << "new" << std::flush;
                              if (!out) throw Error(Errc::io, "no space left on device");
                            }),
               Error);
  EXPECT_EQ(read_file(file_), "old");
  EXPECT_EQ(num_entries(), 1);
}

TEST_F(AtomicFile, DirectoriesAreMadeWithTheirParents) {
  make_directory(dir_ / "a" / "b" / "c");
  EXPECT_TRUE(fs::is_directory(dir_ / "a" / "b" / "c"));
  EXPECT_NO_THROW(make_directory(dir_ / "a" / "b" / "c"));
}

}  // namespace
