#include "collect/table_study.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"
#include "unit/collect/table_rows.hpp"

namespace apq::collect {
namespace {

constexpr char const* space_text = R"(
image: {channels: 3, sizes: [32, 48], classes: 10}
stem: {width: 8, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 32}
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {ratios: [2, 4]}}
  - {width: 16, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {ratios: [2, 4]}}
bits: {pw_w: [4, 8], pw_a: [4, 8], dw_w: [4, 8], dw_a: [4, 8]}
)";

class TableStudyTest : public testing::Test {
 protected:
  void SetUp() override {
    replace_file(directory / "space.yaml", space_text);
    write_table(0.701);
  }
  void write_table(double accuracy) {
    replace_file(directory / "t.jsonl",
                 test::spec(3, 32, ", \"acc\": " + std::to_string(accuracy)) + "\n" + test::spec(5, 48, R"(, "acc": 0.725)") + "\n");
  }
  test::TempDir directory;
  TableSource source{
      .file = directory / "t.jsonl", .space = directory / "space.yaml", .study = directory / "study", .options = {.images = 1000}};
  StudyLayout const layout{directory / "study"};
};

TEST_F(TableStudyTest, MakesAStudyOfOneShard) {
  auto const made = import_as_study(source);
  EXPECT_FALSE(made.was_there);
  auto const dataset = h5::read_stage(layout, "fp");
  ASSERT_EQ(dataset.rows.size(), 2u);
  EXPECT_EQ(dataset.rows[0].correct, 701u);
  EXPECT_EQ(dataset.files.size(), 1u);
  EXPECT_EQ(dataset.header.source, made.source);
  EXPECT_EQ(dataset.header.code_version, build_info().version_and_commit());
  EXPECT_EQ(dataset.header.identity.size(), 2u);  // the table and its images: no version of the program
  EXPECT_EQ(h5::content_hash(dataset.rows), made.content_hash);
  EXPECT_NE(read_file(layout.config()).find("name: \"study\""), std::string::npos);
  EXPECT_NE(table_study_text(source, made).find("study: 2 rows of stage fp (JSON lines, accuracies in fractions, images per row: 1000)\n"),
            std::string::npos)
      << table_study_text(source, made);
  auto const json = nlohmann::json::parse(table_study_json(made));
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["unit"], "fraction");
  EXPECT_EQ(json["already_there"], false);
}

TEST_F(TableStudyTest, TheSameTableAgainChangesNothing) {
  import_as_study(source);
  auto const config = read_file(layout.config());
  auto const again = import_as_study(source);
  EXPECT_TRUE(again.was_there);
  EXPECT_EQ(h5::read_stage(layout, "fp").files.size(), 1u);
  EXPECT_EQ(read_file(layout.config()), config);
  EXPECT_NE(table_study_text(source, again).find("the rows were there already\n"), std::string::npos);
}

TEST_F(TableStudyTest, AnotherTableOrSpaceIsRefused) {
  import_as_study(source);
  write_table(0.702);
  test::expect_error(Errc::data, "holds other rows (2, imported: t.jsonl sha256 ", [&] { import_as_study(source); });
  write_table(0.701);
  std::string text = space_text;
  source.space = directory / "other.yaml";
  replace_file(source.space, text.replace(text.find("width: 16"), 9, "width: 24"));
  test::expect_error(Errc::data, "choose another --study", [&] { import_as_study(source); });
  EXPECT_EQ(h5::read_stage(layout, "fp").rows[0].correct, 701u);
}

TEST_F(TableStudyTest, BadRowsImportNothing) {
  replace_file(source.file, test::spec(3, 32, R"(, "acc": 0.7)") + "\n" + test::spec(4, 32, R"(, "acc": 0.7)") + "\n");
  test::expect_error(Errc::data, "(nothing was imported)", [&] { import_as_study(source); });
  EXPECT_FALSE(std::filesystem::exists(layout.root));
}

}  // namespace
}  // namespace apq::collect
