#include "common/h5/joined.hpp"

#include <gtest/gtest.h>

#include "common/h5/handle.hpp"
#include "support/temp_dir.hpp"
#include "unit/h5/shards.hpp"

namespace {

using namespace apq;
using namespace apq::test;
namespace fs = std::filesystem;

class Joined : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(directory / "shards/fp");
    h5::write_shard(directory / "shards/fp/a.h5", random_shard(1, 3, 0));
    h5::write_shard(directory / "shards/fp/b.h5", random_shard(2, 4, 3));
    h5::write_shard(directory / "shards/fp/c.h5", random_shard(3, 0, 7));
    h5::write_joined(h5::read_dataset(directory / "shards/fp"), joined);
  }
  std::string complaint() const {
    return message_of([&] { h5::read_stage(layout, "fp"); });
  }
  test::TempDir directory;
  StudyLayout const layout{directory.path()};
  fs::path const joined = layout.joined("fp");
};

TEST_F(Joined, ListsItsShards) {
  EXPECT_EQ(complaint(), "");
  auto const shards = h5::read_manifest(joined);
  ASSERT_EQ(shards.size(), 3u);
  EXPECT_EQ(shards[1].path, directory / "shards/fp/b.h5");
  EXPECT_EQ(shards[1].rows, 4u);
  EXPECT_EQ(h5::read_stage(layout, "fp").rows.size(), 7u);
  EXPECT_EQ(h5::read_stage(layout, "quant").rows.size(), 0u);
}

// As any reader of HDF5 sees it, which knows nothing of apq.
TEST_F(Joined, IsOneArrayForHdf5) {
  h5::FileHandle const file(H5Fopen(joined.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "open");
  h5::DatasetHandle const dataset(H5Dopen2(file.get(), "id", H5P_DEFAULT), "open");
  std::vector<std::uint64_t> ids(7, 99);
  EXPECT_GE(H5Dread(dataset.get(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, ids.data()), 0);
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(Joined, IsOneArrayForH5py) {
  if (!has_h5py()) GTEST_SKIP() << "python3-h5py is absent";
  EXPECT_TRUE(python_agrees(joined, R"(
assert list(f['id'][:]) == list(range(7))
assert f['genes'].shape == (7, 5) and (f['total'][:] == 1000).all()
import hashlib, os
manifest = [line.split(' ', 2) for line in f['manifest'].asstr()]
assert [int(rows) for _, rows, _ in manifest] == [3, 4, 0]
for digest, _, path in manifest:
    with open(os.path.join(os.path.dirname(f.filename), path), 'rb') as shard:
        assert hashlib.sha256(shard.read()).hexdigest() == digest
)"));
  fs::remove(directory / "shards/fp/b.h5");
  EXPECT_TRUE(python_agrees(joined, R"(
assert list(f['id'][:3]) == [0, 1, 2]
assert (f['id'][3:] == 2**64 - 1).all() and (f['total'][3:] == 2**32 - 1).all()
assert np.isnan(f['loss'][3:]).all()
)")) << "the rows of a missing shard must not look like labels";
}

TEST_F(Joined, AMissingShardIsAnError) {
  fs::remove(directory / "shards/fp/b.h5");
  EXPECT_NE(complaint().find("b.h5 with 4 rows is missing"), std::string::npos) << complaint();
}

TEST_F(Joined, AnotherShardOfTheSameNameIsAnError) {
  h5::write_shard(directory / "shards/fp/b.h5", random_shard(9, 4, 3));
  EXPECT_NE(complaint().find("b.h5 has changed"), std::string::npos) << complaint();
}

TEST_F(Joined, NothingToJoinIsAnError) {
  EXPECT_NE(message_of([&] { h5::write_joined({}, directory / "e.h5"); }).find("there are no shards to join"), std::string::npos);
}

TEST_F(Joined, TellsWhetherItIsOfExactlyTheseShards) {
  auto const dataset = h5::read_dataset(directory / "shards/fp");
  EXPECT_TRUE(h5::joins(joined, dataset));
  EXPECT_FALSE(h5::joins(directory / "absent.h5", dataset));
  h5::write_shard(directory / "shards/fp/d.h5", random_shard(4, 1, 8));
  auto more = dataset;
  h5::read_shards(more, {directory / "shards/fp/d.h5"}, h5::OnDamage::fail);
  EXPECT_FALSE(h5::joins(joined, more));
  EXPECT_EQ(complaint(), "");  // a shard that it does not list is no fault
  replace_file(joined, "rubbish");
  EXPECT_FALSE(h5::joins(joined, dataset));
}

// The study's directory may be named in another way than when it was joined.
TEST_F(Joined, PathsAreComparedAsPlacesNotAsTexts) {
  fs::create_directory_symlink(directory.path(), directory / "link");
  EXPECT_NO_THROW(h5::check_joined(joined, h5::read_manifest(joined), h5::read_dataset(directory / "link/shards/../shards/fp")));
}

}  // namespace
