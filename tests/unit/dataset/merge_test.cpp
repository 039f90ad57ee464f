#include "dataset/merge.hpp"

#include <gtest/gtest.h>

#include "collect/stored_stage.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/study_layout.hpp"
#include "support/error_of.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "unit/dataset/rows.hpp"

namespace apq::dataset {
namespace {
namespace fs = std::filesystem;

class MergeTest : public testing::Test {
 protected:
  void write(fs::path const& folder, h5::Dataset const& dataset) const {
    fs::create_directories(StudyLayout{folder}.shards(dataset.header.stage));
    h5::write_shard(StudyLayout{folder}.shards(dataset.header.stage) / "a.h5", {dataset.header, dataset.rows});
  }
  void merge() const { merge_datasets(a, b, c, OnContradiction::refuse); }

  test::TempDir const dir;
  fs::path const a = dir / "a", b = dir / "b", c = dir / "c";
  fs::path const space_file = test::source_dir() / "configs/spaces/fashion_mnist.yaml";
  space::SearchSpace const space = space::load_space(space_file);
  h5::Dataset fp = test::dataset_of(space, test::random_rows(space, 20, false));
  h5::Dataset quant = test::dataset_of(space, test::random_rows(space, 20, true));
};

TEST_F(MergeTest, StagesOfOneStudyComeTogether) {
  write(a, fp);
  write(b, quant);
  replace_file(b / "space.yaml", read_file(space_file));
  merge();
  EXPECT_EQ(collect::stored_stages(c).size(), 2u);
  EXPECT_EQ(collect::space_of_stored(c, {})->hash, space.hash);
  test::expect_error(Errc::io, "c: is there already", [&] { merge(); });
}

TEST_F(MergeTest, StagesOfTwoStudiesDoNot) {
  write(a, fp);
  auto other = quant;
  other.header.seed = 6;
  write(b, other);
  test::expect_error(Errc::data, "b: stage quant belongs to another study than stage fp of ", [&] { merge(); });
  other = quant;
  other.header.identity["supernet"] = "decaf";
  write(b, other);
  test::expect_error(Errc::data, "supernet: c0ffee there, decaf here", [&] { merge(); });
  EXPECT_FALSE(fs::exists(c));
}

TEST_F(MergeTest, AnotherSpaceIsNotTakenForTheRows) {
  write(a, fp);
  write(b, quant);
  replace_file(a / "space.yaml", read_file(test::source_dir() / "configs/spaces/apq_imagenet.yaml"));
  merge();
  EXPECT_FALSE(fs::exists(c / "space.yaml"));
}

}  // namespace
}  // namespace apq::dataset
