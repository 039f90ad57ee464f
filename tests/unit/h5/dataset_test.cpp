#include "common/h5/dataset.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/h5/h5_file.hpp"
#include "support/temp_dir.hpp"
#include "unit/h5/shards.hpp"

namespace {

using namespace apq;
using namespace apq::test;
namespace fs = std::filesystem;

TEST(Dataset, SortsByIdAndRefusesStrangers) {
  test::TempDir const directory;
  h5::write_shard(directory / "b.h5", random_shard(1, 3, 0));
  h5::write_shard(directory / "a.h5", random_shard(2, 3, 3));
  auto const dataset = h5::read_dataset(directory.path());
  ASSERT_EQ(dataset.rows.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(dataset.rows[i].id, i);

  auto stranger = random_shard(3, 3, 6);
  stranger.header.identity["supernet"] = "another";
  h5::write_shard(directory / "c.h5", stranger);
  auto const message = message_of([&] { h5::read_dataset(directory.path()); });
  for (char const* part : {"c.h5", "a.h5 (supernet: another there, c0ffee here)"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(Dataset, AnIdTwiceMustHaveOneLabel) {
  test::TempDir const directory;
  auto const shard = random_shard(1, 3);
  h5::write_shard(directory / "a.h5", shard);
  h5::write_shard(directory / "b.h5", shard);
  EXPECT_EQ(h5::read_dataset(directory.path()).rows.size(), 3u);
  auto other = shard;
  other.rows[1].correct ^= 1;
  h5::write_shard(directory / "b.h5", other);
  EXPECT_NE(message_of([&] { h5::read_dataset(directory.path()); }).find("sample 1 has two different labels"), std::string::npos);
}

TEST(Dataset, ADamagedShardIsNamedOrTolerated) {
  test::TempDir const directory;
  h5::write_shard(directory / "a.h5", random_shard(1, 3));
  replace_file(directory / "b.h5", "rubbish");
  EXPECT_NE(message_of([&] { h5::read_dataset(directory.path()); }).find("b.h5"), std::string::npos);
  auto const dataset = h5::read_dataset(directory.path(), h5::OnDamage::tolerate);
  EXPECT_EQ(dataset.rows.size(), 3u);
  EXPECT_EQ(dataset.damaged.size(), 1u);
  EXPECT_EQ(dataset.damaged.front().path, directory / "b.h5");
}

TEST(Dataset, AnotherVersionIsNotTolerated) {
  test::TempDir const directory;
  auto file = h5::File::create("older");
  file.write_attribute("format", "apq shard");
  file.write_attribute("format_version", std::uint64_t{1});
  file.save(directory / "a.h5");
  EXPECT_THROW(h5::read_dataset(directory.path(), h5::OnDamage::tolerate), h5::OtherVersion);
}

TEST(Dataset, OnlyNewShardsAreOpenedAgain) {
  test::TempDir const directory;
  h5::write_shard(directory / "b.h5", random_shard(1, 3, 0));
  auto dataset = h5::read_dataset(directory.path());
  replace_file(directory / "b.h5", "rubbish that nobody looks at");
  h5::write_shard(directory / "a.h5", random_shard(2, 3, 3));
  h5::read_shards(dataset, {directory / "a.h5"}, h5::OnDamage::fail);
  EXPECT_EQ(dataset.rows.size(), 6u);
  ASSERT_EQ(dataset.files.size(), 2u);
  EXPECT_EQ(dataset.files[0].path, directory / "a.h5");
  EXPECT_EQ(dataset.files[0].rows, 3u);
}

TEST(ContentHash, IsOfTheLabelsInIdOrderOnly) {
  auto rows = random_shard(1, 10).rows;
  auto const hash = h5::content_hash(rows);
  EXPECT_EQ(hash.size(), 64u);
  auto changed = rows;
  std::reverse(changed.begin(), changed.end());
  for (auto& row : changed) row.seconds = 9, row.joules = 9, row.loss = 9;
  EXPECT_EQ(h5::content_hash(changed), hash);
  changed[0].correct ^= 1;
  EXPECT_NE(h5::content_hash(changed), hash);
}

}  // namespace
