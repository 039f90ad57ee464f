#include "collect/csv_reader.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::collect {

void read_csv(std::string_view text, std::string const& name, char separator, std::size_t first_line,
              std::function<bool(CsvRecord const&)> const& visit) {
  std::size_t line = first_line;
  CsvRecord record{line, {}};
  std::string field;
  std::size_t quoted_since = 0;  // line of the open quote, 0: not within quotes
  bool was_quoted = false;       // the field had quotes, which are closed
  auto const fail = [&](std::size_t where, char const* problem) {
    throw Error(Errc::data, fmt::format("{}:{}: {}", name, where, problem));
  };
  auto const end_field = [&] {
    record.fields.push_back(std::move(field));
    field.clear();
    was_quoted = false;
  };
  auto const end_record = [&] {
    bool const is_empty = record.fields.empty() && field.empty() && !was_quoted;
    end_field();
    bool const go_on = is_empty || visit(record);
    record = {line + 1, {}};
    return go_on;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quoted_since > 0) {
      if (c == '\n') ++line;
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += c;
        ++i;
      } else {
        quoted_since = 0;
        was_quoted = true;
      }
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      if (!end_record()) return;
      ++line;
    } else if (c == separator) {
      end_field();
    } else if (was_quoted) {
      if (c != ' ') fail(line, "has text after a closing quote; a quote within a quoted field is written twice");
    } else if (c == '"' && field.find_first_not_of(' ') == field.npos) {
      field.clear();
      quoted_since = line;
    } else {
      field += c;
    }
  }
  if (quoted_since > 0) fail(quoted_since, "opens a quote that is never closed");
  if (!record.fields.empty() || !field.empty() || was_quoted) end_record();
}

}  // namespace apq::collect
