#include "collect/table_json.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "collect/table_cell.hpp"
#include "collect/table_label.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::json;

// ---- a dictionary

/// The events of a flat object. A value in memory would drop the first of two equal keys.
class DictionaryEvents : public nlohmann::json_sax<Json> {
 public:
  DictionaryEvents(std::string const& name, std::size_t const& line, VisitEntry const& visit) : name_(name), line_(line), visit_(visit) {}

  bool null() override { return value("null"); }
  bool boolean(bool b) override { return value(b); }
  bool number_integer(number_integer_t n) override { return value(n); }
  bool number_unsigned(number_unsigned_t n) override { return value(n); }
  bool number_float(number_float_t n, string_t const&) override { return value(n); }
  bool string(string_t& s) override { return value(s); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (++depth_ > 1) throw JsonError(name_, line_, "holds an object in place of an accuracy");
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { throw JsonError(name_, line_, "holds an array in place of an accuracy"); }
  bool end_array() override { return true; }
  bool key(string_t& text) override {
    key_ = std::move(text);
    key_line_ = line_;
    return true;
  }
  bool parse_error(std::size_t, std::string const&, Json::exception const&) override { return false; }  // told already

 private:
  bool value(Json const& accuracy) {
    TableEntry entry;
    entry.line = key_line_;
    try {
      entry.subnet = subnet_in(key_);
      set_label(entry, "acc", accuracy);
      require_label(entry);
    } catch (JsonError const& e) {
      entry.fault = "the key is not the text of a subnet: it " + e.problem();
    } catch (Error const& e) {
      entry.fault = e.what();
    }
    visit_(std::move(entry));
    return true;
  }

  std::string const& name_;
  std::size_t const& line_;
  VisitEntry const& visit_;
  std::string key_;
  std::size_t key_line_ = 1;
  int depth_ = 0;
};

// ---- JSON lines

/// Where the fields of an object stand, looked up anew only where its keys are others than those of the object before.
class LineFields {
 public:
  explicit LineFields(ColumnMap const& columns) : columns_(columns) {}

  /// Our field -> the object's name of it. @throws Error(data), without a place, where two names are one field.
  std::map<std::string, std::string> const& of(Json const& row) {
    std::vector<std::string> names;
    for (auto const& [name, value] : row.items())
      if (!value.is_null()) names.push_back(name);
    if (names != names_) {
      TableNames const of_row(names);
      std::map<std::string, std::string> fields;
      for (auto const& field : all_fields())
        if (auto const at = of_row.find(field, columns_)) fields[field] = names[*at];
      fields_ = std::move(fields);
      names_ = std::move(names);
    }
    return fields_;
  }

 private:
  ColumnMap const& columns_;
  std::vector<std::string> names_;
  std::map<std::string, std::string> fields_;
};

TableEntry entry_of(Json const& row, std::map<std::string, std::string> const& fields) {
  TableEntry entry;
  entry.subnet = Json::object();
  for (auto const& [field, theirs] : fields) {
    auto const& value = row.at(theirs);
    if (is_label(field)) set_label(entry, field, value);
    else if (field != "subnet") entry.subnet[field] = value;
  }
  if (auto const found = fields.find("subnet"); found != fields.end()) {
    auto subnet = row.at(found->second);
    if (subnet.is_string()) subnet = subnet_in(subnet.get<std::string>());
    if (subnet.is_object()) entry.subnet.update(subnet);
    else entry.subnet = std::move(subnet);
  }
  require_label(entry);
  return entry;
}

}  // namespace

bool has_json_keys(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r\n", text.find('{') + 1);
  if (begin == std::string_view::npos) return false;
  if (text[begin] == '}') return true;  // {}: a dictionary without entries
  auto const key = text.find_first_not_of(" \t", begin + 1);
  return text[begin] == '"' && key != std::string_view::npos && (text[key] == '{' || text[key] == '[');
}

TableDialect read_dictionary(std::string_view text, std::string const& name, VisitEntry const& visit) {
  std::size_t line = 1;
  DictionaryEvents events(name, line, visit);
  parse_json_events(text, name, line, events);
  return {.format = TableFormat::dictionary, .columns = {}};
}

TableDialect read_json_lines(std::string_view text, ColumnMap const& columns, VisitEntry const& visit) {
  TableDialect dialect{.format = TableFormat::json_lines, .columns = {}};
  LineFields fields(columns);
  for (std::size_t line = 1; !text.empty(); ++line) {
    auto const end = text.find('\n');
    auto const piece = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (piece.find_first_not_of(" \t\r") == piece.npos) continue;
    TableEntry entry;
    try {
      auto const row = parse_json(piece, "");
      if (!row.is_object()) throw Error(Errc::data, fmt::format("is a JSON {}, not an object", row.type_name()));
      auto const& of_row = fields.of(row);
      entry = entry_of(row, of_row);
      if (dialect.columns.empty()) {
        dialect.columns.assign(of_row.begin(), of_row.end());
        dialect.says_percent = of_row.contains("acc") && says_percent(of_row.at("acc"));
      }
    } catch (JsonError const& e) {
      entry.fault = e.problem();
    } catch (Error const& e) {
      entry.fault = e.what();
    }
    entry.line = line;
    visit(std::move(entry));
  }
  return dialect;
}

}  // namespace apq::collect
