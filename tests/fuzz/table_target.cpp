// Tables of accuracies as others made them: CSV, JSON lines, dictionaries. The first byte chooses how they are imported.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/table_import.hpp"
#include "collect/table_text.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/space/subnet_json.hpp"
#include "fuzz/target.hpp"
#include "unit/collect/table_rows.hpp"

namespace apq::fuzz {
namespace {

space::SearchSpace const& the_space() {
  static auto const space = test::table_space();
  return space;
}

collect::TableOptions options_of(std::size_t choice) {
  return {.stage = {},
          .images = choice % 2 == 0 ? 1000u : 0u,
          .unit = static_cast<collect::AccuracyUnit>(choice / 2 % 3),
          .columns = {},
          .repeats = static_cast<collect::Repeats>(choice / 6 % 4)};
}

std::string csv_of(std::vector<h5::Row> const& rows) {
  auto const& space = the_space();
  std::string text;
  for (auto const& row : rows) {
    auto const subnet = space::subnet_of(space, row.genes);
    if (text.empty())
      text = subnet.bits ? "ks,mid_channels,d,r,correct,total,pw_w_bits,pw_a_bits,dw_w_bits,dw_a_bits\n"
                         : "ks,mid_channels,d,r,correct,total\n";
    text += fmt::format("{},{},{},{},{},{}", fmt::join(subnet.kernels, " "), fmt::join(subnet.middle_channels, " "),
                        fmt::join(subnet.depths, " "), subnet.image_size, row.correct, row.total);
    if (subnet.bits)
      for (auto const& bits : *subnet.bits) text += fmt::format(",{}", fmt::join(bits, " "));
    text += "\n";
  }
  return text;
}

std::string lines_of(std::vector<h5::Row> const& rows) {
  auto const& space = the_space();
  std::string text;
  for (auto const& row : rows) {
    auto json = space::to_json(space, space::subnet_of(space, row.genes));
    json["correct"] = row.correct;
    json["total"] = row.total;
    text += json.dump() + "\n";
  }
  return text;
}

void require_same_rows(std::string const& text, std::vector<h5::Row> const& rows) {
  auto const again = collect::import_table(the_space(), text, "again", {.repeats = collect::Repeats::all});
  require(again.faults.empty(), "what is written has faults: " + (again.faults.empty() ? std::string() : again.faults.front()));
  require(again.rows.size() == rows.size(), "rows are lost");
  for (std::size_t i = 0; i < rows.size(); ++i)
    require(again.rows[i].genes == rows[i].genes && again.rows[i].correct == rows[i].correct && again.rows[i].total == rows[i].total,
            "a row is read as another one");
}

}  // namespace

std::vector<std::string> seeds() {
  auto const subnet = [](int i) { return test::spec(i % 2 ? 5 : 3, i < 2 ? 32 : 48); };
  std::string lines = std::string(1, '\0'), dictionary = std::string(1, '\0') + "{\n",
              python = std::string(1, '\4') + "Sub-network,Date,Top-1 Acc (%)\n";
  for (int i = 0; i < 4; ++i) {
    lines += subnet(i).substr(0, subnet(i).size() - 1) + fmt::format(", \"acc\": 0.7{}}}\n", i);
    dictionary += nlohmann::json(subnet(i)).dump() + fmt::format(": 0.7{}{}\n", i, i < 3 ? "," : "}");
    python += fmt::format("\"{{'wid': None, 'ks': ({}, 3, 5, 3), 'e': [2, 4, 2, 4], 'd': [2, 1,], 'r': [{}]}}\",2024,7{}\n", i % 2 ? 5 : 3,
                          i < 2 ? 32 : 48, i);
  }
  std::string const repeats(1, '\x0c');  // the mean of rows of one subnet
  return {lines,
          dictionary,
          python,
          std::string(1, '\0') +
              "ks,e,d,r,acc\n\"[3, 3, 5, 3]\",2 4 2 4,2-1,32,0.70\n5;3;5;3,2 4 2 4,2-1,32,0.71\n3 3 5 3,2 4 2 4,2 1,48,0.72\n",
          std::string(1, '\0') + "sep=;\r\nKS;E;D;Image size;Top-1 (%)\r\n3-3-5-3;2 4 2 4;2 1;32;70,1\r\n5 3 5 3;2 4 2 4;2 1;32;71\r\n",
          repeats +
              "ks_1\tks_2\tks_3\tks_4\tmid_channels\td\tr\tpw_w_bits\tpw_a_bits\tdw_w_bits\tdw_a_bits\tcorrect\ttotal\n"
              "3\t3\t5\t3\t16 32 16 64\t2 2\t32\t8 8 8 8\t8 8 8 8\t8 8 4 8\t8 8 8 8\t700\t1000\n"
              "3\t3\t5\t3\t16 32 16 64\t2 2\t32\t8 8 8 8\t8 8 8 8\t8 8 4 8\t8 8 8 8\t702\t1000\n"};
}

void attempt(std::string_view input) {
  Pieces pieces(input);
  auto const options = options_of(pieces.below(24));
  auto const table = collect::import_table(the_space(), pieces.rest(), "t", options);
  if (!table.faults.empty()) throw Error(Errc::data, table.faults.front());
  require(table.rows.size() == table.places.size(), "rows without a place");
  for (auto const& row : table.rows) {
    require(space::is_valid(the_space(), row.genes), "an invalid subnet is read");
    require(row.correct <= row.total && row.total > 0, "impossible counts are read");
  }
  for (auto const& text : {collect::dry_run_text(the_space(), table), collect::reading_text(table)})
    for (std::size_t start = 0, end = 0; start < text.size(); start = end + 1) {
      end = std::min(text.find('\n', start), text.size());
      auto const line = text.substr(start, end - start);
      require(printable(line) == line, "what is said of a table is not printable");
    }
  collect::dry_run_json(the_space(), table);
  require_same_rows(csv_of(table.rows), table.rows);
  require_same_rows(lines_of(table.rows), table.rows);
}

}  // namespace apq::fuzz
