// Records of separated fields; the first byte chooses the separator.
#include "collect/csv_reader.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {
namespace {

std::vector<std::vector<std::string>> records_of(std::string_view text, char separator) {
  std::vector<std::vector<std::string>> records;
  std::size_t last_line = 0;
  collect::read_csv(text, "t.csv", separator, 1, [&](collect::CsvRecord const& record) {
    require(record.line > last_line && !record.fields.empty(), "a record stands before the one before it");
    last_line = record.line;
    records.push_back(record.fields);
    return true;
  });
  return records;
}

std::string quoted(std::string const& field) {
  std::string out = "\"";
  for (char const c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::vector<std::string> seeds() {
  return {",a,b,c\n1,2,3\n\n4, \"five \"\"5\"\"\" ,6", ";x;\"two\r\nlines\";\r\n;;\r\n\"\"\r\n", "\tks\td\r1 2\t3\r"};
}

void attempt(std::string_view input) {
  Pieces pieces(input);
  constexpr std::string_view separators = ",;\t";
  auto const chosen = separators.find(static_cast<char>(pieces.number(1)));
  char const separator = separators[chosen == separators.npos ? 0 : chosen];
  auto const records = records_of(pieces.rest(), separator);
  std::string text;
  for (auto const& record : records) {
    for (std::size_t i = 0; i < record.size(); ++i) text += (i == 0 ? std::string() : std::string(1, separator)) + quoted(record[i]);
    text += "\r\n";
  }
  require(records_of(text, separator) == records, "what is written is read otherwise");
}

}  // namespace apq::fuzz
