#include "collect/table_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "collect/table_csv.hpp"
#include "collect/table_json.hpp"
#include "common/core/error.hpp"

namespace apq::collect {
namespace {

[[noreturn]] void fail(std::string const& name, std::string const& problem) {
  throw Error(Errc::data, fmt::format("{}:1: {}", name, problem));
}

std::string separator_name(char separator) {
  switch (separator) {
    case ',':
      return "comma";
    case ';':
      return "semicolon";
    case '\t':
      return "tab";
    default:
      return fmt::format("'{}'", separator);
  }
}

/// What a JSON array is instead of a table.
std::string array_problem(std::string_view text, std::size_t first) {
  auto const item = text.find_first_not_of(" \t\r\n", first + 1);
  if (item != text.npos && text[item] == '"')
    return "is a list of subnets without accuracies, as once-for-all's net_id.dict; the accuracies are in acc.dict and src/SIZE.dict "
           "beside it";
  return "is a JSON array; write it as JSON lines, an object a line";
}

}  // namespace

char const* name_of(TableFormat format) {
  switch (format) {
    case TableFormat::dictionary:
      return "JSON dictionary";
    case TableFormat::json_lines:
      return "JSON lines";
    case TableFormat::csv:
      return "CSV";
  }
  return "";
}

std::string text_of(TableDialect const& dialect) {
  if (dialect.format != TableFormat::csv) return name_of(dialect.format);
  return fmt::format("{}-separated{}", separator_name(dialect.separator), dialect.decimal_commas ? ", decimal commas" : "");
}

TableDialect read_table_text(std::string_view text, std::string const& name, ColumnMap const& columns, VisitEntry const& visit) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) fail(name, "is UTF-16; save it as UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) fail(name, "is empty");
  if (text[first] == '[') fail(name, array_problem(text, first));
  if (text[first] == '{') return has_json_keys(text) ? read_dictionary(text, name, visit) : read_json_lines(text, columns, visit);
  if (text.find('\0') != text.npos) fail(name, "is a binary file; tables are JSON or CSV");
  return read_csv_table(text, name, columns, visit);
}

}  // namespace apq::collect
