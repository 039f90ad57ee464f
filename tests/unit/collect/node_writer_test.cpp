#include "collect/node_writer.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "collect/directory_lock.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/dataset.hpp"
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
  return {.id = id, .genes = {1, 2}, .correct = 1, .correct5 = 1, .total = 2, .loss = 0.5f, .seconds = 3, .joules = 4};
}

std::vector<std::uint64_t> ids_in(fs::path const& directory) {
  std::vector<std::uint64_t> ids;
  for (auto const& r : h5::read_dataset(directory).rows) ids.push_back(r.id);
  return ids;
}

// A node's memory without MPI, time that the test sets, and every write on record.
struct Node {
  Node(std::size_t shard_rows, double flush_seconds, int ranks)
      : options{directory.path(), "run", header(), shard_rows, flush_seconds}, memory(collect::NodeWriter::memory_bytes(options) / 8 + 1) {
    for (int r = 0; r < ranks; ++r)
      writers.emplace_back(
          std::span(reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8), options, [this] { return now; },
          [this](fs::path const& file, h5::Shard const& shard) {
            writes.push_back(file.filename().string() + " " + std::to_string(shard.rows.size()));
            if (is_disk_full) throw Error(Errc::io, "no space left");
            h5::write_shard(file, shard);
          });
    writers.front().begin(ranks);
  }
  std::vector<std::uint64_t> ids() const { return ids_in(directory.path()); }

  test::TempDir const directory;
  collect::NodeWriter::Options options;
  std::vector<std::uint64_t> memory;
  std::vector<collect::NodeWriter> writers;
  double now = 1000;
  bool is_disk_full = false;
  std::vector<std::string> writes;
};
using Writes = std::vector<std::string>;

TEST(NodeWriter, OneFileForAllRanksOfTheNodeWrittenByTheLastAtTheLatest) {
  Node node(100, 3600, 3);
  for (std::uint64_t id = 0; id < 6; ++id) node.writers[id % 3].add(row(id));
  EXPECT_EQ(node.writes, Writes{});
  node.writers[1].leave();
  node.writers[0].leave();
  EXPECT_EQ(node.writes, Writes{});
  node.writers[2].add(row(6));
  node.writers[2].leave();
  EXPECT_EQ(node.writes, Writes{"run-00000.h5 7"});
  EXPECT_EQ(node.ids(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  auto const back = h5::read_shard(node.directory / "run-00000.h5").rows.front();
  auto const there = row(0);
  EXPECT_EQ(back.genes, there.genes);
  EXPECT_EQ(back.loss, there.loss);
  EXPECT_EQ(back.seconds, there.seconds);
  EXPECT_EQ(back.joules, there.joules);
}

TEST(NodeWriter, WhoeverComesWhenItIsTimeWritesForAll) {
  Node node(100, 5, 2);
  node.writers[0].add(row(0));
  node.now += 4.9;
  node.writers[1].add(row(1));
  EXPECT_EQ(node.writes, Writes{});
  node.now += 0.1;
  node.writers[1].add(row(2));
  EXPECT_EQ(node.writes, Writes{"run-00000.h5 3"});
  node.now += 4.9;
  node.writers[0].add(row(3));
  EXPECT_EQ(node.writes.size(), 1u);
  // Who goes writes what is older than a second, since the other may be busy for long.
  node.writers[0].leave();
  EXPECT_EQ(node.writes, (Writes{"run-00000.h5 3", "run-00000.h5 4"}));
  node.writers[1].leave();  // nothing new: nothing happens
  EXPECT_EQ(node.writes.size(), 2u);
}

TEST(NodeWriter, WithoutAnIntervalEveryRowIsWritten) {
  Node node(100, 0, 1);
  for (std::uint64_t id = 0; id < 3; ++id) {
    node.writers[0].add(row(id));
    EXPECT_EQ(node.ids().size(), id + 1);
  }
  EXPECT_TRUE(fs::exists(node.directory / "run-00000.h5"));
  EXPECT_FALSE(fs::exists(node.directory / "run-00001.h5"));
}

TEST(NodeWriter, AFullShardIsNeverTouchedAgain) {
  Node node(2, 3600, 2);
  node.writers[0].add(row(7));
  node.writers[1].add(row(3));
  auto const full = sha256_of_file(node.directory / "run-00000.h5");
  node.writers[0].add(row(5));
  node.writers[0].leave();
  node.writers[1].leave();
  EXPECT_EQ(sha256_of_file(node.directory / "run-00000.h5"), full);
  EXPECT_EQ(node.writes, (Writes{"run-00000.h5 2", "run-00001.h5 1"}));
  EXPECT_EQ(node.ids(), (std::vector<std::uint64_t>{3, 5, 7}));
}

TEST(NodeWriter, AFullDiskLosesNoRowAndDoesNotHoldTheOthersUp) {
  Node node(2, 3600, 2);
  node.is_disk_full = true;
  node.writers[0].add(row(0));
  EXPECT_THROW(node.writers[0].add(row(1)), Error);
  EXPECT_THROW(node.writers[1].add(row(2)), Error);  // refused, not taken
  node.is_disk_full = false;
  node.writers[1].add(row(3));
  node.writers[0].leave();
  node.writers[1].leave();
  EXPECT_EQ(node.ids(), (std::vector<std::uint64_t>{0, 1, 3}));
}

TEST(NodeWriter, NoRowsNoFile) {
  Node node(2, 0, 1);
  node.writers[0].leave();
  EXPECT_TRUE(fs::is_empty(node.directory.path()));
}

TEST(NodeWriter, ARowOfOtherLengthIsRefused) {
  Node node(2, 0, 1);
  EXPECT_THROW(node.writers[0].add({.id = 1, .genes = {1, 2, 3}}), Error);
}

// As in the real thing, but for threads: everyone at once, each with a writer of its own on the same memory.
TEST(NodeWriter, ManyAtOnceLoseNothing) {
  test::TempDir const directory;
  constexpr int ranks = 4, rows_each = 300;
  collect::NodeWriter::Options const options{directory.path(), "run", header(), 64, 0.002};
  std::vector<std::uint64_t> memory(collect::NodeWriter::memory_bytes(options) / 8 + 1);
  std::map<std::string, std::vector<h5::Row>> files;  // under the node's lock
  std::vector<collect::NodeWriter> writers;
  for (int r = 0; r < ranks; ++r)
    writers.emplace_back(std::span(reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8), options,
                         &collect::NodeWriter::steady_seconds,
                         [&](fs::path const& file, h5::Shard const& shard) { files[file.string()] = shard.rows; });
  writers.front().begin(ranks);
  {
    std::vector<std::jthread> threads;
    for (int r = 0; r < ranks; ++r)
      threads.emplace_back([&, r] {
        for (int i = 0; i < rows_each; ++i) writers[static_cast<std::size_t>(r)].add(row(static_cast<std::uint64_t>(r * rows_each + i)));
        writers[static_cast<std::size_t>(r)].leave();
      });
  }
  std::vector<std::uint64_t> ids;
  for (auto const& [name, rows] : files)
    for (auto const& r : rows) ids.push_back(r.id);
  std::sort(ids.begin(), ids.end());
  std::vector<std::uint64_t> expected(ranks * rows_each);
  std::iota(expected.begin(), expected.end(), 0u);
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(files.size(), (ranks * rows_each + 63u) / 64u);
}

TEST(DirectoryLock, IsHeldByOneAtATime) {
  test::TempDir const directory;
  std::optional<collect::DirectoryLock> first(directory.path());
  try {
    collect::DirectoryLock const second(directory.path());
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::io);
    EXPECT_NE(std::string(e.what()).find(directory.path().string() + ": another run"), std::string::npos) << e.what();
  }
  first.reset();
  EXPECT_NO_THROW(collect::DirectoryLock{directory.path()});
  EXPECT_THROW(collect::DirectoryLock(directory / "absent"), Error);
}

}  // namespace
