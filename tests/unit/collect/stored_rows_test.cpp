#include "collect/stored_rows.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;
using Ids = std::vector<std::uint64_t>;

h5::Shard shard(Ids const& ids, std::uint32_t correct = 1) {
  h5::Shard s;
  s.header.stage = "fp";
  s.header.num_genes = 1;
  for (auto const id : ids) s.rows.push_back({.id = id, .genes = {1}, .correct = correct, .correct5 = 5, .total = 9});
  return s;
}

struct Stage {
  void write(std::string const& name, Ids const& ids, std::uint32_t correct = 1) const {
    h5::write_shard(directory / name, shard(ids, correct));
  }
  Ids ids() {
    Ids found;
    for (auto const& row : rows.refresh([](auto const&) {}).rows) found.push_back(row.id);
    return found;
  }
  test::TempDir const directory;
  collect::StoredRows rows{directory.path()};
};

TEST(StoredRows, FollowsShardsThatComeAndGrow) {
  Stage stage;
  EXPECT_EQ(stage.ids(), Ids{});
  stage.write("a.h5", {3, 1});
  EXPECT_EQ(stage.ids(), (Ids{1, 3}));
  stage.write("a.h5", {3, 1, 2});
  stage.write("b.h5", {7, 2});  // equal labels of 2
  EXPECT_EQ(stage.ids(), (Ids{1, 2, 3, 7}));
  EXPECT_EQ(stage.rows.dataset().files.size(), 2u);
  EXPECT_EQ(stage.rows.dataset().files.front().rows, 3u);
  fs::remove(stage.directory / "b.h5");
  EXPECT_EQ(stage.ids(), (Ids{1, 2, 3}));
}

TEST(StoredRows, OpensOnlyWhatHasChanged) {
  Stage stage;
  stage.write("a.h5", {1});
  stage.ids();
  collect::ShardWatch watch(stage.directory.path());
  watch.know(stage.rows.watch().known());
  EXPECT_TRUE(watch.look().news.empty());
  stage.write("a.h5", {1, 2});
  stage.write("b.h5", {3});
  EXPECT_EQ(watch.look().news, (std::vector<fs::path>{stage.directory / "a.h5", stage.directory / "b.h5"}));
  EXPECT_TRUE(watch.look().news.empty());
  EXPECT_EQ(collect::delivered(h5::shards_in(stage.directory.path()), "b"), (Ids{1, 2}));
  replace_file(stage.directory / "c.h5", "rubbish");
  EXPECT_EQ(collect::delivered(h5::shards_in(stage.directory.path()), "b"), (Ids{1, 2}));
}

TEST(StoredRows, ADamagedShardIsSetAside) {
  Stage stage;
  stage.write("a.h5", {1});
  replace_file(stage.directory / "b.h5", "rubbish");
  EXPECT_EQ(stage.ids(), Ids{1});
  EXPECT_TRUE(fs::exists(stage.directory / "b.h5.damaged"));
  EXPECT_EQ(stage.ids(), Ids{1});
}

TEST(StoredRows, OfTwoThatContradictEachOtherTheYoungerIsSetAside) {
  for (std::string const younger : {"a.h5", "b.h5"}) {
    Stage stage;
    stage.write("a.h5", {1, 2}, 1);
    stage.write("b.h5", {2, 3}, 4);
    auto const now = fs::file_time_type::clock::now();
    for (std::string const name : {"a.h5", "b.h5"})
      fs::last_write_time(stage.directory / name, name == younger ? now : now - std::chrono::hours(1));
    try {
      h5::read_dataset(stage.directory.path());
      ADD_FAILURE() << "must be refused";
    } catch (h5::Contradiction const& e) {
      std::string const text = e.what();
      EXPECT_EQ(e.younger, stage.directory / younger);
      EXPECT_NE(text.find("a.h5"), std::string::npos) << text;
      EXPECT_NE(text.find("b.h5"), std::string::npos) << text;
      EXPECT_NE(text.find("sample 2 has two different labels"), std::string::npos) << text;
    }
    EXPECT_EQ(stage.ids(), younger == "a.h5" ? (Ids{2, 3}) : (Ids{1, 2}));
    EXPECT_TRUE(fs::exists(stage.directory / (younger + ".contradicting")));
  }
}

TEST(StoredRows, NothingIsSetAsideInADatasetThatIsRefused) {
  Stage stage;
  stage.write("a.h5", {1}, 1);
  stage.write("b.h5", {1}, 4);
  EXPECT_THROW(stage.rows.refresh([](auto const&) { throw Error(Errc::data, "of another study"); }), Error);
  EXPECT_TRUE(fs::exists(stage.directory / "a.h5"));
  EXPECT_TRUE(fs::exists(stage.directory / "b.h5"));
}

}  // namespace
