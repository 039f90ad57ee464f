#include "common/core/atomic_folder.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace apq {
namespace {
namespace fs = std::filesystem;

std::size_t entries_in(fs::path const& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFolder, AppearsWholeAndIsReplacedWhole) {
  test::TempDir const directory;
  auto const folder = directory / "out/";  // a slash at the end
  replace_folder(folder, [&](fs::path const& temporary) {
    EXPECT_FALSE(fs::exists(folder));
    EXPECT_TRUE(temporary.string().ends_with(".partial"));
    replace_file(temporary / "a", "1");
  });
  EXPECT_EQ(read_file(folder / "a"), "1");
  replace_folder(folder, [&](fs::path const& temporary) {
    EXPECT_EQ(read_file(folder / "a"), "1");
    EXPECT_EQ(entries_in(temporary), 0u);
    replace_file(temporary / "b", "2");
  });
  EXPECT_EQ(read_file(folder / "b"), "2");
  EXPECT_FALSE(fs::exists(folder / "a"));
  EXPECT_EQ(entries_in(directory.path()), 1u);
}

TEST(AtomicFolder, AFailureLeavesWhatWas) {
  test::TempDir const directory;
  auto const folder = directory / "out";
  auto const half = [](fs::path const& temporary) {
    replace_file(temporary / "a", "half");
    throw Error(Errc::data, "no more");
  };
  test::expect_error(Errc::data, "no more", [&] { replace_folder(folder, half); });
  EXPECT_EQ(entries_in(directory.path()), 0u);
  replace_folder(folder, [](fs::path const& temporary) { replace_file(temporary / "a", "whole"); });
  test::expect_error(Errc::data, "no more", [&] { replace_folder(folder, half); });
  EXPECT_EQ(read_file(folder / "a"), "whole");
  EXPECT_EQ(entries_in(directory.path()), 1u);
}

}  // namespace
}  // namespace apq
