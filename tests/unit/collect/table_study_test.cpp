#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "collect/stage_summary.hpp"
#include "collect/table_text.hpp"
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
      .files = {directory / "t.jsonl"}, .space = directory / "space.yaml", .study = directory / "study", .options = {.images = 1000}};
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
  EXPECT_NE(table_study_text(source, made).find("study: 2 rows of stage fp, images per row: 1000\n"), std::string::npos)
      << table_study_text(source, made);
  auto const json = nlohmann::json::parse(table_study_json(made));
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["files"][0]["unit"], "fraction");
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

TEST_F(TableStudyTest, SeveralFilesAndAFolder) {
  auto const entry = [](int kernel, std::string const& size, double accuracy) {
    return "{" +
           nlohmann::json(R"({"ks": [)" + std::to_string(kernel) + R"(, 3, 5, 3], "e": [2, 4, 2, 4], "d": [2, 1])" + size + "}").dump() +
           ": " + std::to_string(accuracy) + "}";
  };
  std::filesystem::create_directories(directory / "acc" / "src");
  replace_file(directory / "acc" / "net_id.dict", "[]");
  source.files = {directory / "acc"};
  test::expect_error(Errc::data, "acc: is a folder without files SIZE.dict", [&] { import_as_study(source); });
  replace_file(directory / "acc" / "src" / "48.dict", entry(5, R"(, "image_size": 48)", 72.5));
  replace_file(directory / "acc" / "src" / "32.dict", entry(3, "", 70.1));
  auto const made = import_as_study(source);
  ASSERT_EQ(made.table.rows.size(), 2u);
  EXPECT_EQ(made.table.rows[0].correct, 701u) << "the smaller size first";
  EXPECT_EQ(made.source.find("imported: 32.dict and 1 more sha256 "), 0u) << made.source;
  source.files = {directory / "acc" / "src" / "32.dict", directory / "acc" / "src" / "48.dict"};
  EXPECT_TRUE(import_as_study(source).was_there) << "a folder is its files";
  std::swap(source.files[0], source.files[1]);
  test::expect_error(Errc::data, "holds other rows", [&] { import_as_study(source); });
}

TEST_F(TableStudyTest, RepeatedMeasurementsAreKept) {
  write_table(0.701);
  replace_file(source.files[0], read_file(source.files[0]) + test::spec(5, 48, R"(, "acc": 0.727)") + "\n");
  test::expect_error(Errc::data, "--repeats first, mean or all", [&] { import_as_study(source); });
  source.options.repeats = Repeats::all;
  auto const made = import_as_study(source);
  auto const dataset = h5::read_stage(layout, "fp");
  ASSERT_EQ(dataset.rows.size(), 3u);
  EXPECT_EQ(dataset.rows[1].genes, dataset.rows[2].genes);
  EXPECT_EQ(dataset.rows[2].correct, 727u);
  std::string const noise = "1 subnets measured 2 times, standard deviation of a measurement 0.141 %\n";
  EXPECT_NE(table_study_text(source, made).find("repeats: " + noise), std::string::npos) << table_study_text(source, made);
  EXPECT_NE(summary_table({summary_of("fp", dataset)}).find("\nfp: " + noise), std::string::npos);
  EXPECT_NEAR(nlohmann::json::parse(summary_json({summary_of("fp", dataset)}))[0]["repeats"]["deviation_percent"].get<double>(), 0.1414,
              1e-4);
}

TEST_F(TableStudyTest, DryRunShowsTheFirstRowsAndWritesNothing) {
  replace_file(source.files[0], "\xEF\xBB\xBFks;e;d;Image size;Top-1 (%)\n3 3 5 3;2 4 2 4;2 1;32;70,1\n5 3 5 3;2 4 2 4;2 1;48;72,5\n");
  auto const space = space::load_space(source.space);
  auto const table = read_as_table(space, source);
  auto const text = dry_run_text(space, table);
  EXPECT_NE(
      text.find(
          "t.jsonl: read as: semicolon-separated, decimal commas, accuracies in percent (Top-1 (%)), subnets from d, e, ks, r = Image "
          "size; 2 entries\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("t.jsonl:2: 701 of 1000 (70.10 %) {\"d\":[2,1],\"ks\":[3,3,5,3],"), std::string::npos) << text;
  EXPECT_NE(text.find("2 rows of stage fp, images per row: 1000; nothing is written\n"), std::string::npos) << text;
  auto const json = nlohmann::json::parse(dry_run_json(space, table));
  EXPECT_EQ(json["files"][0]["separator"], ";");
  EXPECT_EQ(json["files"][0]["decimal_commas"], true);
  EXPECT_EQ(json["files"][0]["columns"]["acc"], "Top-1 (%)");
  EXPECT_EQ(json["first_rows"][1]["correct"], 725);
  EXPECT_EQ(json["written"], false);
  EXPECT_FALSE(std::filesystem::exists(layout.root));
}

TEST_F(TableStudyTest, NamesFromTablesAreNoTerminalCodes) {
  replace_file(source.files[0],
               "subnet,\"acc \x1b[2J\nx\"\n\"" + std::string("{'ks': [3,3,5,3], 'e': [2,4,2,4], 'd': [2,1], 'r': 32}") + "\",0.701\n");
  auto const text = reading_text(read_as_table(space::load_space(source.space), source));
  EXPECT_NE(text.find("accuracies in fractions (acc \\x1b[2J\\nx)"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), text.npos);
}

TEST_F(TableStudyTest, BadRowsImportNothing) {
  replace_file(source.files[0], test::spec(3, 32, R"(, "acc": 0.7)") + "\n" + test::spec(4, 32, R"(, "acc": 0.7)") + "\n");
  test::expect_error(Errc::data, "(nothing was imported)", [&] { import_as_study(source); });
  EXPECT_FALSE(std::filesystem::exists(layout.root));
}

}  // namespace
}  // namespace apq::collect
