#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "collect/table_import.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "unit/collect/table_rows.hpp"

// Tables with random damage: each is read or refused with an Error; nothing crashes or hangs.
namespace apq::collect {
namespace {

constexpr int num_mutations = 1000;

std::string mutated(std::string text, RandomStream& random) {
  int const changes = 1 + static_cast<int>(random.below(4));
  for (int i = 0; i < changes && !text.empty(); ++i) {
    auto const at = random.below(text.size());
    auto const length = 1 + random.below(std::min<std::size_t>(64, text.size() - at));
    switch (random.below(6)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
        break;
      case 1:
        text.resize(at);
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(random.below(text.size() + 1), text.substr(at, length));
        break;
      case 4: {
        constexpr char const* pieces[] = {"[[[[[[[[", "{\"",  "\"",  "1e999", "-1", ",", "\n", "99999999999999999999",
                                          "\\u0000",  "null", "NaN", "\xff",  "]",  "}"};
        text.insert(at, pieces[random.below(std::size(pieces))]);
        break;
      }
      default:
        text.replace(at, length, std::string(length, static_cast<char>(random.below(256))));
    }
  }
  return text;
}

void mutate(std::string const& seed_text, std::uint64_t seed) {
  auto const space = test::table_space();
  auto const clean = import_table(space, seed_text, "t", {.images = 1000});
  ASSERT_TRUE(clean.faults.empty()) << clean.faults.front();
  ASSERT_EQ(clean.rows.size(), 4u);
  int refused = 0, faulty = 0;
  for (int i = 0; i < num_mutations; ++i) {
    RandomStream random(seed, "test.table.mutation", static_cast<std::uint64_t>(i));
    auto const text = mutated(seed_text, random);
    try {
      auto const table = import_table(space, text, "t", {.images = 1000});
      faulty += !table.faults.empty();
      EXPECT_LE(table.rows.size() + table.num_repeated + table.faults.size(), text.size());
      for (auto const& row : table.rows) {
        EXPECT_TRUE(space::is_valid(space, row.genes));
        EXPECT_LE(row.correct, row.total);
      }
    } catch (Error const& e) {
      ++refused;
      EXPECT_EQ(e.code(), Errc::data) << e.what();
      EXPECT_EQ(std::string(e.what()).substr(0, 2), "t:");
    }
  }
  EXPECT_GT(refused + faulty, num_mutations / 4);
}

std::string entries(std::string const& before, std::string const& between, std::string const& after, std::string const& end, bool as_key) {
  std::string text = before;
  for (int i = 0; i < 4; ++i) {
    auto const subnet = test::spec(i % 2 ? 5 : 3, i < 2 ? 32 : 48);
    if (as_key) text += nlohmann::json(subnet).dump();
    else text += subnet.substr(0, subnet.size() - 1);
    text += between + "0.7" + std::to_string(i) + after + (as_key && i < 3 ? "," : "") + "\n";
  }
  return text + end;
}

TEST(TableMutation, JsonLines) { mutate(entries("", ", \"acc\": ", "}", "", false), 1); }
TEST(TableMutation, Dictionary) { mutate(entries("{\n", ": ", "", "}\n", true), 2); }
TEST(TableMutation, Csv) {
  mutate(
      "ks,e,d,r,acc\n\"[3, 3, 5, 3]\",2 4 2 4,2-1,32,0.70\n5;3;5;3,2 4 2 4,2-1,32,0.71\n3 3 5 3,2 4 2 4,2 1,48,0.72\n5 3 5 3,2 4 2 4,2 "
      "1,48,0.73\n",
      3);
}

TEST(TableMutation, SemicolonsAndDecimalCommas) {
  mutate(
      "sep=;\r\nKS;E;D;Image size;Top-1 (%)\r\n3-3-5-3;2 4 2 4;2 1;32;70,1\r\n5 3 5 3;2 4 2 4;2 1;32;71\r\n3 3 5 3;2 4 2 4;2 1;48;72,5\r\n"
      "5 3 5 3;2 4 2 4;2 1;48;73\r\n",
      4);
}
TEST(TableMutation, PythonsDictionaries) {
  std::string text = "Sub-network,Date,Top-1 Acc (%)\n";
  for (int i = 0; i < 4; ++i)
    text += "\"{'wid': None, 'ks': (" + std::to_string(i % 2 ? 5 : 3) + ", 3, 5, 3), 'e': [2, 4, 2, 4], 'd': [2, 1,], 'r': [" +
            std::to_string(i < 2 ? 32 : 48) + "]}\",2024,7" + std::to_string(i) + "\n";
  mutate(text, 5);
}

}  // namespace
}  // namespace apq::collect
