#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "collect/table_import.hpp"
#include "collect/table_text.hpp"
#include "support/error_of.hpp"
#include "unit/collect/table_rows.hpp"

// One table in the ways in which spreadsheets and scripts write it.
namespace apq::collect {
namespace {

ImportedTable import(std::string const& text, TableOptions options = {.images = 1000}) {
  return import_table(test::table_space(), text, "t", options);
}

/// What is wrong with the text as a whole, else with its first bad row.
std::string refusal(std::string const& text, TableOptions const& options = {.images = 1000}) {
  try {
    auto const table = import(text, options);
    return table.faults.empty() ? "was read" : table.faults.front();
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    return e.what();
  }
}

#define EXPECT_REFUSED(text, part) EXPECT_NE(refusal(text).find(part), std::string::npos) << refusal(text)

void expect_same_rows(std::string const& text, std::string const& read_as, TableOptions const& options = {.images = 1000}) {
  auto const table = import(text, options);
  ASSERT_TRUE(table.faults.empty()) << text << table.faults.front();
  ASSERT_EQ(table.rows.size(), 2u) << text;
  EXPECT_EQ(table.rows[0].genes, (space::Genes{1, 1, 2, 0, 1, 2, 1, 0, 2, 1, 1})) << text;
  EXPECT_EQ(table.rows[1].genes, (space::Genes{2, 1, 2, 0, 1, 2, 1, 0, 2, 1, 2})) << text;
  EXPECT_EQ(table.rows[0].correct, 701u) << text;
  EXPECT_EQ(table.rows[1].correct, 725u) << text;
  EXPECT_NE(reading_text(table).find("t: read as: " + read_as), std::string::npos) << reading_text(table);
}

TEST(TableDialect, SeparatorsMarksAndHeaders) {
  char const* const plain = "ks,e,d,r,acc\n3 3 5 3,2 4 2 4,2 1,32,0.701\n5 3 5 3,2 4 2 4,2 1,48,0.725\n";
  auto const with = [&](char const* from, std::string const& to) {
    std::string text = plain;
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, std::string(from).size(), to);
    return text;
  };
  std::string const comma = "comma-separated, accuracies in fractions (acc), subnets from d, e, ks, r; 2 entries\n";
  expect_same_rows(plain, comma);
  expect_same_rows("\xEF\xBB\xBF" + std::string(plain), comma);
  expect_same_rows("sep=,\r\n" + std::string(plain), comma);
  expect_same_rows("# of node 17\n# and 18\n" + std::string(plain), comma);
  expect_same_rows(with("\n", "\r\n"), comma);
  expect_same_rows(with("\n", "\r"), comma);
  expect_same_rows(with(",", ";"), "semicolon-separated, accuracies in fractions");
  expect_same_rows(with(",", "\t"), "tab-separated, ");
  expect_same_rows("sep=|\n" + with(",", "|"), "'|'-separated, ");
  expect_same_rows(with("ks,e,d,r,acc", "KS, E ,'d',\"R\", \"Acc\""), "comma-separated, accuracies in fractions (Acc)");
  expect_same_rows(with("ks,e,d,r,acc", "ks,e,d,Image size,top-1 accuracy"),
                   "comma-separated, accuracies in fractions (top-1 accuracy), subnets from d, e, ks, r = Image size");
  expect_same_rows(with(",0.7", ",+0.7"), comma);
  expect_same_rows("ks;e;d;r;acc\n3 3 5 3;2 4 2 4;2 1;32;70,1\n5 3 5 3;2 4 2 4;2 1;48;72,5\n",
                   "semicolon-separated, decimal commas, accuracies in percent (acc)");
  expect_same_rows("ks,e,d,r,acc\n3 3 5 3,2 4 2 4,2 1,32,\"70,1\"\n5 3 5 3,2 4 2 4,2 1,48,\"72,5\"\n",
                   "comma-separated, decimal commas, accuracies in percent");
  expect_same_rows("i,ks,e,d,r,acc,\n0,3-3-5-3,\"[2, 4, 2, 4]\",2:1,32,70.1%,\n1,(5 3 5 3),2|4|2|4,2_1,48,72.5 %,\n",
                   "comma-separated, accuracies in percent");
}

TEST(TableDialect, JsonLines) {
  auto const lines = test::spec(3, 32, R"(, "acc": "0.701")") + "\r\n" + test::spec(5, 48, R"(, "acc": 0.725)");
  expect_same_rows("\xEF\xBB\xBF" + lines, "JSON lines, accuracies in fractions (acc), subnets from d, e, ks, r; 2 entries");
  expect_same_rows(R"({"KS": [3,3,5,3], "E": [2,4,2,4], "D": [2,1], "image_size": 32, "Top1": "70.1%", "acc_5": null}
{"KS": [5,3,5,3], "E": [2,4,2,4], "D": [2,1], "image_size": 48, "Top1": "72.5%"})",
                   "JSON lines, accuracies in percent (Top1), subnets from d = D, e = E, ks = KS, r = image_size");
  EXPECT_REFUSED(test::spec(3, 32, R"(, "acc": 0.7, "top1": 0.8)"), "t:1: has 2 columns that can be the accuracy: acc (number 1) and top1");
  EXPECT_REFUSED(test::spec(3, 32, R"(, "acc": 0.7, "acc": 0.8)"), "t:1: has the key \"acc\" twice in one object");
  expect_same_rows(test::spec(3, 32, R"(, "acc": 0.701, "top1": 0.8)") + "\n" + test::spec(5, 48, R"(, "acc": 0.725, "top1": 0.9)"),
                   "JSON lines, ", {.images = 1000, .columns = {{"acc", "acc"}}});
}

TEST(TableDialect, ResultsWithPythonsDictionaries) {
  char const* const text =
      "Sub-network,Date,Model Parameters,Latency (ms),MACs,Top-1 Acc (%)\n"
      "\"{'wid': None, 'ks': [3, 3, 5, 3], 'e': (2, 4, 2, 4), 'd': [2, 1,], 'r': [32]}\",2024-03-01 09:00:00.000001,45,1.2,25,70.1\n"
      "\"{'wid': None, 'ks': [5, 3, 5, 3], 'e': (2, 4, 2, 4), 'd': [2, 1,], 'r': [48]}\",2024-03-01 09:01:30.000001,55,2.9,36,72.5\n";
  expect_same_rows(text, "comma-separated, accuracies in percent (Top-1 Acc (%)), subnets from subnet = Sub-network; 2 entries\n");
  EXPECT_REFUSED("subnet,acc\n\"{'ks': [3\",0.7\n", "t:2: the subnet is not valid JSON");
  EXPECT_REFUSED("subnet,acc\n\"OrderedDict(ks=[3])\",0.7\n", "t:2: the subnet is not valid JSON");
  expect_same_rows(
      R"({"{'ks': [3,3,5,3], 'e': [2,4,2,4], 'd': [2,1], 'r': 32}": 70.1, "{'ks': [5,3,5,3], 'e': [2,4,2,4], 'd': [2,1], 'r': 48}": 72.5})",
      "JSON dictionary, accuracies in percent, subnets from the keys; 2 entries\n");
}

TEST(TableDialect, TwoColumnsForOneField) {
  std::string const two = "ks,e,d,r,acc,ACC\n3 3 5 3,2 4 2 4,2 1,32,0.701,0.1\n5 3 5 3,2 4 2 4,2 1,48,0.725,0.2\n";
  EXPECT_REFUSED(two,
                 "t:1: has 2 columns that can be the accuracy: acc (number 5) and ACC (number 6); choose with --accuracy-column and its "
                 "name or number");
  auto same = two;
  same.replace(same.find("ACC"), 3, "acc");
  EXPECT_REFUSED(same, "acc (number 5) and acc (number 6)");
  for (auto const& choice : {"acc", "5"}) expect_same_rows(two, "comma-separated", {.images = 1000, .columns = {{"acc", choice}}});
  expect_same_rows(same, "comma-separated", {.images = 1000, .columns = {{"acc", "5"}}});
  EXPECT_NE(refusal(same, {.images = 1000, .columns = {{"acc", "acc"}}}).find("has 2 columns"), std::string::npos);
  EXPECT_NE(refusal(two, {.images = 1000, .columns = {{"acc", "7"}}}).find("t:1: has no column 7 (mapped to acc); the columns are: ks, e"),
            std::string::npos);
  EXPECT_REFUSED("ks,e,d,r,acc,resolution\n3 3 5 3,2 4 2 4,2 1,32,0.701,32\n",
                 "2 columns that can be r: r (number 4) and resolution (number 6); choose with --columns r=");
}

TEST(TableDialect, WhatCanBeReadInTwoWaysIsRefused) {
  auto const row = [](std::string const& ks, std::string const& acc) { return "ks;e;d;r;acc\n" + ks + ";2 4 2 4;2 1;32;" + acc + "\n"; };
  EXPECT_REFUSED(row("-3 -3 -5 -3", "0.7"), "t:2: ks: '-3 -3 -5 -3 ' has a minus that can be a sign or a separator");
  EXPECT_REFUSED(row("[3, -3, 5, 3]", "0.7"), "a sign or a separator");
  EXPECT_REFUSED(row("3 3 5 3", "0.701") + "5 3 5 3;2 4 2 4;2 1;32;0,725\n",
                 "t:3: the accuracy '0,725' has a decimal comma, that of line 2 a point");
  EXPECT_REFUSED(row("3 3 5 3", "1,234.5"), "t:2: the accuracy '1,234.5' is not a number");
  EXPECT_REFUSED("ks,e,d,r,acc\n3 3 5 3,2 4 2 4,2 1,32,0,701\n", "t:2: has 6 fields; the header has 5 (are there decimal commas?");
  EXPECT_REFUSED("ks;e;d;r;correct;total\n3 3 5 3;2 4 2 4;2 1;32;701;1,000\n",
                 "t:2: total: '1,000' can be 1000 in groups of digits, or a number with a decimal mark");
  EXPECT_REFUSED("ks;e;d;r;correct;total;acc\n3 3 5 3;2 4 2 4;2 1;32;701;1000;0.71\n",
                 "t:2: the accuracy 0.71 is not that of 701 hits of 1000 images (0.701000)");
  EXPECT_EQ(refusal("ks;e;d;r;correct;total;acc\n3 3 5 3;2 4 2 4;2 1;32;701;1000;70.1\n"), "was read");
  EXPECT_REFUSED("ks;e;d;r;correct\n3 3 5 3;2 4 2 4;2 1;32;701\n", "t:2: has correct, but no total");
  EXPECT_REFUSED("ks;e;d;r;correct;total\n3 3 5 3;2 4 2 4;2 1;32;1001;1000\n", "t:2: correct = 1001 is more than total = 1000");
}

TEST(TableDialect, WhatIsNoTableIsNamed) {
  EXPECT_REFUSED(std::string("\xFF\xFEk\0s\0", 6), "t:1: is UTF-16; save it as UTF-8");
  EXPECT_REFUSED("[\"{}\"]", "t:1: is a list of subnets without accuracies");
  EXPECT_REFUSED("kernels;e;d;acc\n3;2;1;0.7\n",
                 "t:1: has no column ks (4 columns, semicolon-separated: kernels, e, d, acc); name it with --columns ks=THEIRS");
}

TEST(TableDialect, TheSizeInAFilesName) {
  auto const key = [](char const* size) {
    return "{\"{\\\"ks\\\": [3,3,5,3], \\\"e\\\": [2,4,2,4], \\\"d\\\": [2,1]" + std::string(size) + "}\": 70.1}";
  };
  auto const import_sized = [&](char const* size) {
    return import_table(test::table_space(), {{"32.dict", key(size), 32}}, {.images = 1000});
  };
  for (char const* size : {"", ", \\\"r\\\": 32", ", \\\"image_size\\\": [32]"}) {
    auto const table = import_sized(size);
    ASSERT_TRUE(table.faults.empty()) << table.faults.front();
    EXPECT_EQ(table.rows[0].genes.back(), 1);
  }
  EXPECT_EQ(import_sized(", \\\"r\\\": 48").faults.at(0), "32.dict:1: r = 48, but the file's name says 32");
}

}  // namespace
}  // namespace apq::collect
