#include "collect/table_import.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/shared_data.hpp"
#include "unit/collect/table_rows.hpp"

namespace apq::collect {
namespace {
using test::spec;

std::string key(std::string const& text) { return nlohmann::json(text).dump(); }

ImportedTable import(std::string const& text, TableOptions options = {.images = 1000}) {
  return import_table(test::table_space(), text, "t", options);
}

template <class F>
std::string message_of(F const& f) {
  try {
    f();
  } catch (Error const& e) {
    return e.what();
  }
  return "nothing was thrown";
}

void expect_two_rows(ImportedTable const& table) {
  EXPECT_TRUE(table.faults.empty()) << table.faults.front();
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.stage, "fp");
  EXPECT_EQ(table.rows[0].correct, 701u);
  EXPECT_EQ(table.rows[1].correct, 725u);
  EXPECT_EQ(table.rows[1].id, 1u);
  EXPECT_EQ(table.rows[1].total, 1000u);
  EXPECT_EQ(table.rows[1].correct5, 725u);
  EXPECT_TRUE(std::isnan(table.rows[1].loss));
  // kernels 5 3 5 -, widths 2 4 2 -, depths 2 1, size 48
  EXPECT_EQ(table.rows[1].genes, (space::Genes{2, 1, 2, 0, 1, 2, 1, 0, 2, 1, 2}));
}

TEST(TableImport, JsonLines) {
  auto const table = import(spec(3, 32, R"(, "acc": 0.701)") + "\n\n" + spec(5, 48, R"(, "acc": 0.725)") + "\n");
  expect_two_rows(table);
  EXPECT_EQ(table.files[0].dialect.format, TableFormat::json_lines);
}

TEST(TableImport, DictionaryInPercentOrFractions) {
  auto const percent = import("{\n " + key(spec(3, 32)) + ": 70.1,\n " + key(spec(5, 48)) + ": 72.5\n}\n");
  expect_two_rows(percent);
  EXPECT_TRUE(percent.files[0].percent);
  EXPECT_EQ(percent.files[0].dialect.format, TableFormat::dictionary);
  expect_two_rows(import("{" + key(spec(3, 32)) + ": 0.701, " + key(spec(5, 48)) + ": 0.725}"));
}

TEST(TableImport, ReleasePairsAndOfasNameOfTheImageSize) {
  auto const info = R"({"wid": null, "ks": [3,3,5,3], "e": [2,4,2,4], "d": [2,1], "image_size": 48})";
  auto const policy =
      R"({"pw_w_bits_setting": [4,8,4,8], "pw_a_bits_setting": [8,8,8,8], "dw_w_bits_setting": [4,4,4,4], "dw_a_bits_setting": [8,4,8,4]})";
  auto const table = import("{" + key("[" + std::string(info) + ", " + policy + "]") + ": 61.3}");
  ASSERT_TRUE(table.faults.empty()) << table.faults.front();
  EXPECT_EQ(table.stage, "quant");
  EXPECT_EQ(table.rows[0].correct, 613u);
  EXPECT_EQ(table.rows[0].genes.size(), 11u + 16u);
}

TEST(TableImport, CsvWithListsAndWithAColumnPerBlock) {
  TableOptions options{.images = 1000, .columns = parse_columns("ks=kernel,acc=top1")};
  expect_two_rows(import("kernel,e,d,r,top1\n\"[3, 3, 5, 3]\",2 4 2 4,2-1,32,0.701\r\n5;3;5;3,2 4 2 4,2-1,48,0.725", options));
  expect_two_rows(
      import("ks_0,ks_1,ks_2,ks_3,e1,e2,e3,e4,d0,d1,image_size,acc\n3,3,5,3,2,4,2,4,2,1,32,70.1\n5,3,5,3,2,4,2,4,2,1,48,72.5\n"));
}

TEST(TableImport, CountsOfTheRowsWin) {
  auto const table = import(spec(3, 32, R"(, "correct": 7, "total": 9)") + "\n", {});
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0].correct, 7u);
  EXPECT_EQ(table.rows[0].total, 9u);
}

TEST(TableImport, EveryBadRowIsNamedWithItsLine) {
  auto const table = import(spec(3, 32, R"(, "acc": 0.7)") + "\n" + spec(9, 32, R"(, "acc": 0.7)") + "\n{\"ks\": [3\n" +
                            spec(3, 33, R"(, "acc": 0.7)") + "\n" + spec(5, 48, R"(, "acc": 1.5)") + "\n" + spec(5, 32) + "\n");
  ASSERT_EQ(table.faults.size(), 5u);
  EXPECT_EQ(table.faults[0].substr(0, 4), "t:2:");
  EXPECT_NE(table.faults[0].find("ks = 9"), std::string::npos) << table.faults[0];
  EXPECT_EQ(table.faults[1].substr(0, 4), "t:3:");
  EXPECT_NE(table.faults[2].find("r = 33"), std::string::npos) << table.faults[2];
  EXPECT_NE(table.faults[3].find("accuracy"), std::string::npos) << table.faults[3];
  EXPECT_EQ(table.faults[4].substr(0, 4), "t:5:") << table.faults[4];  // range, found after the unit is known
}

TEST(TableImport, RepeatsAreKeptOnceOrRefused) {
  // The third block pair differs only in a block that is inactive.
  auto const row = spec(3, 32, R"(, "acc": 0.701)") + "\n";
  auto same = row;
  same.replace(same.find("3]"), 2, "5]");
  auto const agreeing = import(row + same);
  EXPECT_TRUE(agreeing.faults.empty());
  EXPECT_EQ(agreeing.rows.size(), 1u);
  EXPECT_EQ(agreeing.num_repeated, 1u);
  same.replace(same.find("0.701"), 5, "0.702");
  auto const differing = import(row + same);
  ASSERT_EQ(differing.faults.size(), 1u);
  EXPECT_EQ(differing.faults[0],
            "t:2: repeats the subnet of line 1 with another accuracy (702 of 1000 instead of 701 of 1000); --repeats first, mean or all "
            "says what to do with it");
  auto const all = import(row + same, {.images = 1000, .repeats = Repeats::all});
  EXPECT_TRUE(all.faults.empty());
  ASSERT_EQ(all.rows.size(), 2u);
  EXPECT_EQ(all.rows[0].genes, all.rows[1].genes);
  EXPECT_EQ(all.rows[1].id, 1u);
  EXPECT_EQ(all.rows[1].correct, 702u);
  ASSERT_TRUE(all.noise);
  EXPECT_NEAR(all.noise->deviation, 0.1 / std::sqrt(2.0), 1e-9);
}

TEST(TableImport, ImagesMustFit) {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += spec(i % 2 ? 3 : 5, i % 3 ? 32 : 48, ", \"acc\": " + std::to_string((300 + 37 * i * i % 901) / 1250.0)) + "\n";
  auto const import_as = [&](std::uint32_t images) { return import(text, {.images = images, .repeats = Repeats::all}); };
  auto const table = import_as(100);
  ASSERT_EQ(table.faults.size(), 1u);
  EXPECT_EQ(table.faults[0],
            "t:2: the accuracy 0.2696 would be 26.96 hits of 100 images, which is no whole number (27 of 30 accuracies do not fit --images "
            "100); 1250 images would fit, or a multiple");
  EXPECT_EQ(import_as(1250).faults.size(), 0u);
  EXPECT_EQ(import_as(1250).least_images, 0u);
  EXPECT_EQ(import_as(5000).faults.size(), 0u);
  EXPECT_EQ(import_as(5000).least_images, 1250u);
  auto const rounded = import(spec(3, 32, R"(, "acc": 0.701)"), {.images = 150});
  EXPECT_NE(rounded.faults.at(0).find("t:1: the accuracy 0.701 would be 105.15 hits of 150 images"), std::string::npos)
      << rounded.faults[0];
  auto const own = import(spec(3, 32, R"(, "acc": 0.701, "total": 150)"), {});
  EXPECT_NE(own.faults.at(0).find("do not fit their images)"), std::string::npos) << own.faults[0];
}

TEST(TableImport, UnitsAreEachFilesOwn) {
  auto const space = test::table_space();
  auto const table =
      import_table(space, {{"a", spec(3, 32, R"(, "acc": 0.701)"), {}}, {"b", spec(5, 48, R"(, "acc": 72.5)"), {}}}, {.images = 1000});
  expect_two_rows(table);
  EXPECT_FALSE(table.files.at(0).percent);
  EXPECT_TRUE(table.files.at(1).percent);
  EXPECT_EQ(table.places, (std::vector<std::string>{"a:1", "b:1"}));
  auto const twice = import_table(space, {{"a", spec(3, 32, R"(, "acc": 0.701)"), {}}, {"b", "\n" + spec(3, 32, R"(, "acc": 70.2)"), {}}},
                                  {.images = 1000});
  EXPECT_EQ(twice.faults.at(0).find("b:2: repeats the subnet of a:1 with another accuracy"), 0u) << twice.faults[0];
}

TEST(TableImport, ImagesMustBeKnown) {
  auto const text = spec(3, 32, R"(, "acc": 0.701)") + "\n";
  EXPECT_NE(message_of([&] { import(text, {}); }).find("--images"), std::string::npos);
  std::vector<double> twelve;
  for (int i = 0; i < 40; ++i) twelve.push_back(std::round((300 + 7 * i) / 1250.0 * 1e5) / 1e5);
  EXPECT_EQ(images_from_grid(twelve), 1250u);
  for (auto& accuracy : twelve) accuracy = static_cast<float>(accuracy);
  EXPECT_EQ(images_from_grid(twelve), 1250u);
  std::vector<double> decimals;
  for (int i = 0; i < 40; ++i) decimals.push_back((6000 + 37 * i) / 1e4);
  EXPECT_EQ(images_from_grid(decimals), 0u);
}

TEST(TableImport, TextsThatAreNoTable) {
  for (char const* text : {"", " \n", "[1, 2]", "a,b\n1,2\n", "{\"{\": ", "{\"{}\": [1]}", "{}", "ks,d\n\"3"}) {
    auto const message = message_of([&] { import(text); });
    EXPECT_EQ(message.substr(0, 2), "t:") << text;
  }
  EXPECT_NE(message_of([] { parse_columns("kernel=ks"); }).find("OURS=THEIRS"), std::string::npos);
}

TEST(TableImport, NestingIsBounded) {
  auto const deep = std::string(200'000, '[') + std::string(200'000, ']');
  for (auto const& text :
       {"{\"ks\": " + deep + ", \"d\": [2, 1], \"acc\": 0.5}\n", spec(3, 32, ", \"acc\": 0.5, \"total\": " + deep) + "\n",
        "subnet,acc\n\"{\"\"ks\"\": " + deep + "}\",0.5\n", "{" + key("{\"ks\": " + deep + "}") + ": 0.5}"}) {
    auto const table = import(text);
    ASSERT_EQ(table.faults.size(), 1u);
    EXPECT_EQ(table.faults[0].substr(0, 4), text[0] == 's' ? "t:2:" : "t:1:");
    EXPECT_NE(table.faults[0].find("is nested too deeply (more than 64 levels)"), std::string::npos) << table.faults[0];
  }
}

TEST(TableImport, PublishedTables) {
  APQ_REQUIRE_DATA(data);
  struct Case {
    char const *file, *space;
    std::size_t rows;
    std::uint32_t images;  ///< the least that fits; CompOFA's counts are all even if they are of 12,500 images
  };
  for (auto const& c : {Case{"MIT_OFA.jsonl", "ofa_mbv3_w1.0.yaml", 2610, 12500}, Case{"CompOFA.jsonl", "ofa_mbv3_w1.0.yaml", 2080, 6250},
                        Case{"MC_OFA.jsonl", "ofa_mbv3_w1.0_e234.yaml", 2600, 12500}}) {
    auto const space = space::load_space(test::source_dir() / "configs/spaces" / c.space);
    auto const table = import_table(space, read_file(data / "tables" / c.file), c.file, {});
    EXPECT_TRUE(table.faults.empty()) << table.faults.front();
    EXPECT_EQ(table.rows.size(), c.rows) << c.file;
    EXPECT_EQ(table.images, c.images) << c.file;
    EXPECT_EQ(table.num_repeated, 0u);
  }
}

}  // namespace
}  // namespace apq::collect
