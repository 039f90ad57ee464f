#include "dataset/query.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "support/error_of.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "unit/dataset/rows.hpp"

namespace apq::dataset {
namespace {

using collect::RowFormat;
namespace fs = std::filesystem;

class QueryTest : public testing::Test {
 protected:
  void SetUp() override {
    for (auto const* rows : {&fp, &quant}) {
      fs::create_directories(folder / ("shards/" + rows->header.stage));
      h5::write_shard(folder / ("shards/" + rows->header.stage + "/a.h5"), {rows->header, rows->rows});
    }
  }
  std::vector<std::string> lines(RowQuery const& query, fs::path const& space_path) const {
    std::vector<std::string> result;
    query_rows(folder.path(), space_path, query, [&](std::string const& line) { result.push_back(line); });
    return result;
  }
  std::set<std::uint64_t> ids(std::string const& stage, std::vector<std::string> const& where) const {
    RowQuery query{.stage = stage, .columns = parse_row_columns("id"), .format = RowFormat::json_lines};
    for (auto const& text : where) query.where.push_back(parse_condition(text));
    std::set<std::uint64_t> result;
    for (auto const& line : lines(query, space_file)) result.insert(nlohmann::json::parse(line).at("id").get<std::uint64_t>());
    return result;
  }
  /// What a plain look at each row gives.
  std::set<std::uint64_t> ids_where(h5::Dataset const& dataset, auto const& holds) const {
    std::set<std::uint64_t> result;
    for (auto const& row : dataset.rows)
      if (holds(row, space::subnet_of(space, row.genes))) result.insert(row.id);
    return result;
  }

  test::TempDir folder;
  fs::path const space_file = test::source_dir() / "configs/spaces/fashion_mnist.yaml";
  space::SearchSpace const space = space::load_space(space_file);
  h5::Dataset const fp = test::dataset_of(space, test::random_rows(space, 60, false));
  h5::Dataset const quant = test::dataset_of(space, test::random_rows(space, 80, true));
};

TEST_F(QueryTest, WithoutConditionsIsAnExport) {
  std::vector<std::string> exported;
  collect::export_rows(folder.path(), space_file, RowFormat::csv, [&](std::string const& line) { exported.push_back(line); });
  EXPECT_EQ(lines({}, space_file), exported);
  EXPECT_EQ(exported.size(), 141u);
}

TEST_F(QueryTest, RangesOfAccuracy) {
  auto const in_range = ids_where(fp, [](auto const& row, auto const&) { return row.correct >= 650 && row.correct <= 700; });
  ASSERT_FALSE(in_range.empty());
  EXPECT_EQ(ids("fp", {"accuracy = 0.65..0.7"}), in_range);
  EXPECT_EQ(ids("fp", {"accuracy>=0.65", "accuracy<=0.7"}), in_range);
  EXPECT_EQ(ids("fp", {"correct != 650", "correct > 649", "correct < 701"}).size(), in_range.size() - ids("fp", {"correct == 650"}).size());
}

TEST_F(QueryTest, NumbersOfSinglePrecisionAreWhatRowsShow) {
  EXPECT_EQ(ids("fp", {"loss = 0.3"}).size(), 60u);
  EXPECT_EQ(ids("fp", {"loss <= 0.3"}).size(), 60u);
  EXPECT_TRUE(ids("fp", {"loss > 0.3"}).empty());
}

TEST_F(QueryTest, ListsCountActiveBlocksAlone) {
  auto const active = [&](h5::Row const& row, std::size_t block) { return row.genes[block] != 0; };
  auto const all_small = ids_where(fp, [&](auto const& row, auto const& subnet) {
    for (std::size_t b = 0; b < subnet.kernels.size(); ++b)
      if (active(row, b) && subnet.kernels[b] > 5) return false;
    return true;
  });
  EXPECT_EQ(ids("fp", {"ks <= 5"}), all_small);
  auto const any_low = ids_where(quant, [&](auto const& row, auto const& subnet) {
    for (auto const& role : *subnet.bits)
      for (std::size_t b = 0; b < role.size(); ++b)
        if (active(row, b) && role[b] == 4) return true;
    return false;
  });
  ASSERT_FALSE(any_low.empty());
  EXPECT_EQ(ids("quant", {"any bits = 4"}), any_low);
  EXPECT_TRUE(ids("fp", {"any bits = 4"}).empty());  // full precision has none
  EXPECT_TRUE(ids("fp", {"joules >= 0"}).empty());   // unknown
}

TEST_F(QueryTest, CostsAndSizes) {
  auto const all =
      lines({.stage = "quant", .columns = parse_row_columns("size_bytes,macs,r"), .format = RowFormat::json_lines}, space_file);
  ASSERT_EQ(all.size(), 80u);
  auto const first = nlohmann::json::parse(all[0]);
  cost::CostModel const costs(space, {});
  EXPECT_EQ(first["macs"], std::llround(costs(quant.rows[0].genes).macs));
  EXPECT_EQ(first["r"], space.image_size);
  auto const limit = first["size_bytes"].get<double>();
  EXPECT_EQ(ids("quant", {fmt::format("size_bytes <= {}", limit)}),
            ids_where(quant, [&](auto const& row, auto const&) { return std::round(costs(row.genes).size_bytes) <= limit; }));
}

TEST_F(QueryTest, ColumnsFormatsAndLimit) {
  RowQuery query{.stage = "quant", .columns = parse_row_columns("id,ks,pw_w_bits"), .limit = 2};
  auto const csv = lines(query, space_file);
  ASSERT_EQ(csv.size(), 3u);
  EXPECT_EQ(csv[0], "id,ks,pw_w_bits\n");
  auto const subnet = space::subnet_of(space, quant.rows[0].genes);
  EXPECT_EQ(csv[1], fmt::format("0,{},{}\n", fmt::join(subnet.kernels, " "), fmt::join((*subnet.bits)[0], " ")));
  query.format = RowFormat::json_lines;
  EXPECT_EQ(nlohmann::json::parse(lines(query, space_file)[1])["ks"].size(), subnet.kernels.size());
}

TEST_F(QueryTest, SpaceOfAFolderWithoutAStudy) {
  RowQuery const query{.columns = parse_row_columns("d")};
  test::expect_error(Errc::data, "d needs the search space of the rows, which is not known; give it with --space",
                     [&] { lines(query, {}); });
  replace_file(folder / "space.yaml", read_file(space_file));
  EXPECT_EQ(lines(query, {}).size(), 141u);
}

TEST_F(QueryTest, WhatIsNoQueryIsRefused) {
  test::expect_error(Errc::config, "--where accuracy: is no condition; write COLUMN = NUMBER", [] { parse_condition("accuracy"); });
  test::expect_error(Errc::config, "--where speed > 3: speed is no column of a row; there are stage, id,",
                     [] { parse_condition("speed > 3"); });
  test::expect_error(Errc::config, "params, bits", [] { parse_condition("speed > 3"); });
  test::expect_error(Errc::config, "--where subnet = 3: subnet is not a number or a list of numbers",
                     [] { parse_condition("subnet = 3"); });
  test::expect_error(Errc::config, "'nan' is not a number", [] { parse_condition("accuracy > nan"); });
  test::expect_error(Errc::config, "'0.7..x' is not a number LOW..HIGH", [] { parse_condition("accuracy = 0.7..x"); });
  test::expect_error(Errc::config, "the range 0.8..0.7 holds nothing", [] { parse_condition("accuracy = 0.8..0.7"); });
  test::expect_error(Errc::config, "--columns id,: ", [] { parse_row_columns("id,"); });
  fs::remove_all(folder / "shards/fp");
  test::expect_error(Errc::data, "has no rows of stage fp", [&] { ids("fp", {}); });
}

}  // namespace
}  // namespace apq::dataset
