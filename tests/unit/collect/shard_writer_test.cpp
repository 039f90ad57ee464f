#include "collect/shard_writer.hpp"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "collect/directory_lock.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

h5::ShardHeader header() {
  h5::ShardHeader h;
  h.stage = "fp";
  h.num_genes = 2;
  return h;
}

h5::Row row(std::uint64_t id) {
  return {.id = id, .genes = {1, 2}, .correct = 1, .correct5 = 1, .total = 2};
}

std::vector<std::uint64_t> ids_in(fs::path const& directory) {
  std::vector<std::uint64_t> ids;
  for (auto const& r : h5::read_dataset(directory).rows) ids.push_back(r.id);
  return ids;
}

TEST(ShardWriter, WritesAtTheLatestAtTheEnd) {
  test::TempDir const directory;
  collect::ShardWriter writer(directory.path(), "run", header(), 100, 3600);
  writer.add(row(0));
  writer.add(row(1));
  EXPECT_EQ(ids_in(directory.path()).size(), 0u);
  writer.flush();
  EXPECT_EQ(ids_in(directory.path()), (std::vector<std::uint64_t>{0, 1}));
}

TEST(ShardWriter, WithoutAnIntervalEveryRowIsWritten) {
  test::TempDir const directory;
  collect::ShardWriter writer(directory.path(), "run", header(), 100, 0);
  for (std::uint64_t id = 0; id < 3; ++id) {
    writer.add(row(id));
    EXPECT_EQ(ids_in(directory.path()).size(), id + 1);
  }
  EXPECT_TRUE(fs::exists(directory / "run-00000.h5"));
  EXPECT_FALSE(fs::exists(directory / "run-00001.h5"));
}

TEST(ShardWriter, AFullShardIsNeverTouchedAgain) {
  test::TempDir const directory;
  collect::ShardWriter writer(directory.path(), "run", header(), 2, 3600);
  writer.add(row(7));
  writer.add(row(3));
  auto const full = sha256_of_file(directory / "run-00000.h5");
  writer.add(row(5));
  writer.flush();
  writer.flush();  // nothing new: nothing happens
  EXPECT_EQ(sha256_of_file(directory / "run-00000.h5"), full);
  EXPECT_EQ(h5::read_shard(directory / "run-00001.h5").rows.size(), 1u);
  EXPECT_EQ(ids_in(directory.path()), (std::vector<std::uint64_t>{3, 5, 7}));
}

TEST(ShardWriter, NoRowsNoFile) {
  test::TempDir const directory;
  collect::ShardWriter(directory.path(), "run", header(), 2, 0).flush();
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(DirectoryLock, IsHeldByOneAtATime) {
  test::TempDir const directory;
  std::optional<collect::DirectoryLock> first(directory.path());
  try {
    collect::DirectoryLock const second(directory.path());
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::io);
    EXPECT_NE(std::string(e.what()).find(directory.path().string() + ": another run"),
              std::string::npos)
        << e.what();
  }
  first.reset();
  EXPECT_NO_THROW(collect::DirectoryLock{directory.path()});
  EXPECT_THROW(collect::DirectoryLock(directory / "absent"), Error);
}

}  // namespace
