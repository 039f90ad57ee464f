#include "collect/table_csv.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/csv_reader.hpp"
#include "collect/table_cell.hpp"
#include "collect/table_label.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::json;
using Fields = std::map<std::string, std::vector<std::size_t>>;  // ours -> its columns: one, or for a list one per element

[[noreturn]] void fail(std::string const& problem) { throw Error(Errc::data, problem); }

bool is_list(std::string const& field) { return std::find(list_fields().begin(), list_fields().end(), field) != list_fields().end(); }

/// The first of the columns, for messages.
std::string some_of(std::vector<std::string> const& names) {
  auto const shown = std::min<std::size_t>(names.size(), 20);
  return fmt::format("{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < names.size() ? ", ..." : "");
}

/// Columns ks_0, ks_1, ... or ks0, ks1, ..., counted from 0 or 1.
std::vector<std::size_t> elements_of(TableNames const& header, std::string const& field, ColumnMap const& columns) {
  for (int const first : {0, 1}) {
    std::vector<std::size_t> found;
    for (int i = first; i < first + 1000; ++i) {
      auto const column = header.find(field, columns, std::to_string(i));
      if (!column) break;
      found.push_back(*column);
    }
    if (!found.empty()) return found;
  }
  return {};
}

/// @throws Error(data), without a place, for two columns of one field and for a mapped one that is missing.
Fields fields_in(std::vector<std::string> const& names, ColumnMap const& columns) {
  TableNames const header(names);
  Fields fields;
  for (auto const& field : all_fields()) {
    if (auto const column = header.find(field, columns)) fields[field] = {*column};
    else if (auto found = is_list(field) ? elements_of(header, field, columns) : std::vector<std::size_t>{}; !found.empty())
      fields[field] = std::move(found);
    else if (columns.contains(field))
      fail(fmt::format("has no column {} (mapped to {}); the columns are: {}", columns.at(field), field, some_of(names)));
  }
  return fields;
}

/// What a subnet needs and the table lacks; nothing where it has it.
std::string missing_in(Fields const& fields) {
  for (char const* needed : {"ks", "d"})
    if (!fields.contains("subnet") && !fields.contains(needed)) return needed;
  return {};
}

/// The text after what stands before the header, and which line that is.
struct Body {
  std::string_view text;
  std::size_t first_line = 1;
  char separator = 0;  ///< 0: not said
};

Body body_of(std::string_view text) {
  Body body{text};
  auto const drop_line = [&] {
    auto const end = body.text.find_first_of("\r\n");
    bool const two = end != text.npos && body.text.substr(end, 2) == "\r\n";
    body.text.remove_prefix(end == text.npos ? body.text.size() : end + (two ? 2 : 1));
    ++body.first_line;
  };
  for (;;) {
    auto const line = body.text.substr(0, body.text.find_first_of("\r\n"));
    bool const names_separator = body.separator == 0 && (line.starts_with("sep=") || line.starts_with("SEP=")) && line.size() == 5;
    if (names_separator) body.separator = line[4];
    else if (!line.starts_with('#')) return body;
    drop_line();
  }
}

CsvRecord header_of(Body const& body, std::string const& name, char separator) {
  CsvRecord header{body.first_line, {}};
  read_csv(body.text, name, separator, body.first_line, [&](CsvRecord const& record) {
    header = record;
    return false;
  });
  return header;
}

/// The separator by which the header has the fields that are needed; else the one that it has most of.
char separator_of(Body const& body, std::string const& name, ColumnMap const& columns) {
  if (body.separator != 0) return body.separator;
  char best = ',';
  std::size_t most = 0;
  for (char const separator : {',', ';', '\t'}) {
    auto const header = header_of(body, name, separator);
    if (header.fields.size() < 2) continue;
    try {
      if (missing_in(fields_in(header.fields, columns)).empty()) return separator;
    } catch (Error const&) {  // told when the table is read by it
    }
    if (header.fields.size() > most) {
      best = separator;
      most = header.fields.size();
    }
  }
  return best;
}

/// Records to entries.
class CsvTable {
 public:
  CsvTable(CsvRecord const& header, ColumnMap const& columns, char separator) : width_(header.fields.size()) {
    fields_ = fields_in(header.fields, columns);
    if (auto const missing = missing_in(fields_); !missing.empty())
      fail(fmt::format("has no column {} ({} columns, {}: {}); name it with --columns {}=THEIRS", missing, width_,
                       text_of({TableFormat::csv, separator}), shortened(fmt::format("{}", fmt::join(header.fields, ", "))), missing));
    dialect_.format = TableFormat::csv;
    dialect_.separator = separator;
    for (auto const& [ours, at] : fields_) {
      auto const& theirs = header.fields[at.front()];
      dialect_.columns.emplace_back(ours, at.size() > 1 ? fmt::format("{} to {}", theirs, header.fields[at.back()]) : theirs);
      if (ours == "acc") dialect_.says_percent = says_percent(theirs);
    }
  }

  TableEntry entry_of(CsvRecord const& record) {
    TableEntry entry;
    entry.line = record.line;
    entry.subnet = Json::object();
    try {
      if (record.fields.size() != width_)
        fail(fmt::format("has {} fields; the header has {}{}", record.fields.size(), width_,
                         dialect_.separator == ',' && record.fields.size() > width_
                             ? " (are there decimal commas? they need quotes, or another separator)"
                             : ""));
      for (auto const& [field, at] : fields_) read_field(entry, field, at, record);
      require_label(entry);
    } catch (Error const& e) {
      entry.fault = e.what();
    }
    return entry;
  }

  TableDialect const& dialect() const { return dialect_; }

 private:
  void read_field(TableEntry& entry, std::string const& field, std::vector<std::size_t> const& at, CsvRecord const& record) {
    auto const& text = record.fields[at.front()];
    if (at.size() == 1 && text.find_first_not_of(" \t") == text.npos) return;  // empty: missing
    if (field == "subnet") return read_subnet(entry, text);
    if (field == "acc") {
      entry.accuracy = accuracy_in(text, record.line);
    } else if (is_label(field)) {
      set_label(entry, field, text);
    } else if (!entry.subnet.is_object()) {
      return;  // a pair [info, q_info] has it all
    } else if (is_list(field)) {
      std::string joined;
      for (auto const column : at) joined += record.fields[column] + " ";
      entry.subnet[field] = told_with(field, [&] { return list_in(joined); });
    } else {
      entry.subnet[field] = told_with(field, [&] { return Json(count_in(text)); });
    }
  }

  static Json told_with(std::string const& field, auto const& read) try { return read(); } catch (Error const& e) {
    fail(fmt::format("{}: {}", field, e.what()));
  }

  static void read_subnet(TableEntry& entry, std::string const& text) try {
    auto subnet = subnet_in(text);
    if (subnet.is_object()) entry.subnet.update(subnet);
    else entry.subnet = std::move(subnet);
  } catch (JsonError const& e) {
    fail(fmt::format("the subnet {}", e.problem()));
  }

  /// One table has one decimal mark.
  WrittenAccuracy accuracy_in(std::string const& text, std::size_t line) {
    auto const cell = number_in(text);
    if (!cell) fail(fmt::format("the accuracy '{}' is not a number", shortened(text)));
    for (bool const comma : {false, true}) {
      auto& first = comma ? first_comma_ : first_point_;
      if (comma ? cell->decimal_comma : cell->decimal_point) {
        if (first == 0) first = line;
        auto const other = comma ? first_point_ : first_comma_;
        if (other != 0)
          fail(fmt::format("the accuracy '{}' has a decimal {}, that of line {} a {}: write all in one way", shortened(text),
                           comma ? "comma" : "point", other, comma ? "point" : "comma"));
      }
    }
    dialect_.decimal_commas = first_comma_ != 0;
    return {cell->value, cell->percent_sign};
  }

  std::size_t width_;
  Fields fields_;
  TableDialect dialect_;
  std::size_t first_comma_ = 0, first_point_ = 0;  // lines; 0: none yet
};

}  // namespace

TableDialect read_csv_table(std::string_view text, std::string const& name, ColumnMap const& columns, VisitEntry const& visit) {
  auto const body = body_of(text);
  auto const separator = separator_of(body, name, columns);
  auto const header = header_of(body, name, separator);
  auto table = [&] {
    try {
      return CsvTable(header, columns, separator);
    } catch (Error const& e) {
      throw Error(e.code(), fmt::format("{}:{}: {}", name, header.line, e.what()));
    }
  }();
  bool is_header = true;
  read_csv(body.text, name, separator, body.first_line, [&](CsvRecord const& record) {
    if (!is_header) visit(table.entry_of(record));
    is_header = false;
    return true;
  });
  return table.dialect();
}

}  // namespace apq::collect
