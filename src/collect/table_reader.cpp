#include "collect/table_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/csv_reader.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/space/search_space.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::json;

constexpr double max_images = 1e9;

[[noreturn]] void fail(std::string const& name, std::size_t line, std::string const& problem) {
  throw Error(Errc::data, fmt::format("{}:{}: {}", name, line, problem));
}

// ---- names of fields

std::vector<std::string> list_fields() {
  std::vector<std::string> names{"ks", "e", "mid_channels", "d"};
  for (char const* role : space::role_names) names.push_back(role + std::string("_bits"));
  return names;
}

std::vector<std::string> all_fields() {
  auto names = list_fields();
  for (char const* name : {"r", "acc", "correct", "total", "subnet"}) names.emplace_back(name);
  return names;
}

/// The names a field may have in the table, the likeliest first.
std::vector<std::string> names_for(std::string const& field, ColumnMap const& columns) {
  if (auto const mapped = columns.find(field); mapped != columns.end()) return {mapped->second};
  if (field == "r") return {"r", "image_size"};
  if (field == "acc") return {"acc", "accuracy", "top1", "acc1"};
  if (field == "total") return {"total", "images"};
  return {field};
}

// ---- labels

/// @returns what is wrong, or nothing.
std::string read_label(Json const& accuracy, Json const& correct, Json const& total, TableEntry& entry) {
  auto const count = [](Json const& value) -> std::optional<std::uint32_t> {
    if (!value.is_number()) return {};
    double const number = value.get<double>();
    if (!(number >= 0 && number <= max_images) || number != std::floor(number)) return {};
    return static_cast<std::uint32_t>(number);
  };
  if (!total.is_null()) {
    entry.images = count(total);
    if (!entry.images || *entry.images == 0) return fmt::format("total = {} is not a number of images", total.dump());
  }
  if (!correct.is_null() && entry.images) {
    entry.correct = count(correct);
    if (!entry.correct || *entry.correct > *entry.images)
      return fmt::format("correct = {} is not a number of hits among {} images", correct.dump(), *entry.images);
    entry.accuracy = static_cast<double>(*entry.correct) / *entry.images;
    return {};
  }
  if (accuracy.is_null()) return "has no accuracy (acc), nor correct and total";
  if (!accuracy.is_number() || !std::isfinite(accuracy.get<double>()))
    return fmt::format("the accuracy {} is not a number", accuracy.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 40));
  entry.accuracy = accuracy.get<double>();
  return {};
}

// ---- JSON lines

TableEntry entry_of(Json const& row, ColumnMap const& columns) {
  TableEntry entry;
  auto const field = [&](std::string const& ours) -> Json {
    for (auto const& theirs : names_for(ours, columns))
      if (auto const found = row.find(theirs); found != row.end()) return *found;
    return {};
  };
  if (!row.is_object()) {
    entry.fault = fmt::format("is a JSON {}, not an object", row.type_name());
    return entry;
  }
  if (auto subnet = field("subnet"); !subnet.is_null()) {
    entry.subnet = std::move(subnet);
  } else {
    entry.subnet = Json::object();
    for (auto const& name : all_fields())
      if (auto value = field(name); !value.is_null() && name != "acc" && name != "correct" && name != "total")
        entry.subnet[name] = std::move(value);
  }
  entry.fault = read_label(field("acc"), field("correct"), field("total"), entry);
  return entry;
}

void read_json_lines(std::string_view text, ColumnMap const& columns, std::function<void(TableEntry&&)> const& visit) {
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    auto const end = text.find('\n');
    auto const piece = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (piece.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    TableEntry entry;
    try {
      entry = entry_of(parse_json(piece, "", line), columns);
    } catch (JsonError const& e) {
      entry.fault = e.problem();
    }
    entry.line = line;
    visit(std::move(entry));
  }
}

// ---- a dictionary

/// The events of a flat object. A document model would drop the first of two equal keys.
class DictionaryEvents : public nlohmann::json_sax<Json> {
 public:
  DictionaryEvents(std::string const& name, std::size_t const& line, std::function<void(TableEntry&&)> const& visit)
      : name_(name), line_(line), visit_(visit) {}

  bool null() override { return value({}); }
  bool boolean(bool b) override { return value(b); }
  bool number_integer(number_integer_t n) override { return value(n); }
  bool number_unsigned(number_unsigned_t n) override { return value(n); }
  bool number_float(number_float_t n, string_t const&) override { return value(n); }
  bool string(string_t& s) override { return value(s); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (++depth_ > 1) fail(name_, line_, "holds an object in place of an accuracy");
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { fail(name_, line_, "holds an array in place of an accuracy"); }
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
      entry.subnet = parse_json(key_, "");
      entry.fault = read_label(accuracy.is_null() ? Json("null") : accuracy, {}, {}, entry);
    } catch (JsonError const& e) {
      entry.fault = "the key is not the JSON text of a subnet: " + e.problem();
    }
    visit_(std::move(entry));
    return true;
  }

  std::string const& name_;
  std::size_t const& line_;
  std::function<void(TableEntry&&)> const& visit_;
  std::string key_;
  std::size_t key_line_ = 1;
  int depth_ = 0;
};

void read_dictionary(std::string_view text, std::string const& name, std::function<void(TableEntry&&)> const& visit) {
  std::size_t line = 1;
  DictionaryEvents events(name, line, visit);
  parse_json_events(text, name, line, events);
}

/// Whether the first key of an object is itself the text of a JSON object or array.
bool has_json_keys(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r\n", text.find('{') + 1);
  if (begin == std::string_view::npos) return false;
  if (text[begin] == '}') return true;  // {}: a dictionary without entries
  auto const key = text.find_first_not_of(" \t", begin + 1);
  return text[begin] == '"' && key != std::string_view::npos && (text[key] == '{' || text[key] == '[');
}

// ---- CSV

std::optional<double> number_of(std::string_view text) {
  auto const first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t%");
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) return {};
  text = text.substr(first, last - first + 1);
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

/// Numbers of a cell: "[3, 5, 7]", "3 5 7", "3;5;7", "3-5-7".
std::optional<Json> list_of(std::string_view text) {
  auto list = Json::array();
  constexpr std::string_view separators = " \t\r\n,;|:_-[]()";
  while (true) {
    auto const begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return list;
    auto const end = text.find_first_of(separators, begin);
    auto const number = number_of(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (!number) return {};
    list.push_back(*number);
    if (end == std::string_view::npos) return list;
    text.remove_prefix(end);
  }
}

/// Where each of our fields stands in the header: one column, or for a list one per element (ks_0,
/// ks_1, ... or ks0, ks1, ..., counted from 0 or 1).
class CsvColumns {
 public:
  CsvColumns(CsvRecord const& header, std::string const& name, ColumnMap const& columns) : width_(header.fields.size()) {
    auto const find = [&](std::string const& theirs) -> std::optional<std::size_t> {
      for (std::size_t i = 0; i < header.fields.size(); ++i) {
        auto field = std::string_view(header.fields[i]);
        if (i == 0 && field.starts_with("\xEF\xBB\xBF")) field.remove_prefix(3);
        while (!field.empty() && (field.front() == ' ' || field.front() == '\t')) field.remove_prefix(1);
        while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.remove_suffix(1);
        if (field == theirs) return i;
      }
      return {};
    };
    auto const elements = [&](std::string const& theirs) {
      for (char const* separator : {"_", ""})
        for (int first : {0, 1}) {
          std::vector<std::size_t> found;
          for (int i = first; i < first + 1000; ++i) {
            auto const column = find(theirs + separator + std::to_string(i));
            if (!column) break;
            found.push_back(*column);
          }
          if (!found.empty()) return found;
        }
      return std::vector<std::size_t>{};
    };
    auto const lists = list_fields();
    for (auto const& ours : all_fields()) {
      bool const is_list = std::find(lists.begin(), lists.end(), ours) != lists.end();
      for (auto const& theirs : names_for(ours, columns)) {
        if (auto const column = find(theirs)) {
          at_[ours] = {*column};
        } else if (is_list) {
          if (auto const found = elements(theirs); !found.empty()) at_[ours] = found;
        }
        if (at_.contains(ours)) break;
      }
      if (columns.contains(ours) && !at_.contains(ours))
        fail(name, header.line,
             fmt::format("has no column {} (mapped to {}); the columns are: {}", columns.at(ours), ours, fmt::join(header.fields, ", ")));
    }
    if (!at_.contains("subnet"))
      for (char const* needed : {"ks", "d"})
        if (!at_.contains(needed))
          fail(name, header.line, fmt::format("has no column {}; name it with --columns {}=THEIRS", needed, needed));
  }

  TableEntry entry_of(CsvRecord const& record) const {
    TableEntry entry;
    entry.line = record.line;
    if (record.fields.size() != width_) {
      entry.fault = fmt::format("has {} fields; the header has {}", record.fields.size(), width_);
      return entry;
    }
    entry.subnet = Json::object();
    Json label[3];
    for (auto const& [ours, columns] : at_) {
      auto const& text = record.fields[columns.front()];
      if (text.find_first_not_of(" \t") == std::string::npos && columns.size() == 1) continue;  // empty: missing
      bool const is_label = ours == "acc" || ours == "correct" || ours == "total";
      if (ours == "subnet") {
        try {
          auto subnet = parse_json(text, "", record.line);
          if (subnet.is_object()) entry.subnet.update(subnet);
          else entry.subnet = std::move(subnet);
        } catch (JsonError const& e) {
          entry.fault = "the subnet is not JSON: " + e.problem();
        }
      } else if (is_label || ours == "r") {
        auto const number = number_of(text);
        if (!number) entry.fault = fmt::format("{} = '{}' is not a number", ours, text.substr(0, 40));
        else if (is_label) label[ours == "acc" ? 0 : ours == "correct" ? 1 : 2] = *number;
        else if (entry.subnet.is_object()) entry.subnet[ours] = *number;
      } else if (entry.subnet.is_object()) {
        std::string joined;
        for (auto const column : columns) joined += record.fields[column] + " ";
        auto const list = list_of(joined);
        if (!list) entry.fault = fmt::format("{} = '{}' is not a list of numbers", ours, joined.substr(0, 40));
        else entry.subnet[ours] = *list;
      }
      if (!entry.fault.empty()) return entry;
    }
    entry.fault = read_label(label[0], label[1], label[2], entry);
    return entry;
  }

 private:
  std::size_t width_;
  std::map<std::string, std::vector<std::size_t>> at_;
};

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

ColumnMap parse_columns(std::string const& text) {
  ColumnMap columns;
  auto const known = all_fields();
  std::string_view rest = text;
  while (!rest.empty()) {
    auto const end = rest.find(',');
    auto const item = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    auto const equals = item.find('=');
    auto const ours = std::string(item.substr(0, equals));
    if (equals == std::string_view::npos || equals + 1 == item.size() || std::find(known.begin(), known.end(), ours) == known.end())
      throw Error(Errc::config, fmt::format("--columns {}: {} is not OURS=THEIRS; ours is one of: {}", text, item, fmt::join(known, ", ")));
    if (!columns.emplace(ours, item.substr(equals + 1)).second)
      throw Error(Errc::config, fmt::format("--columns {}: names {} twice", text, ours));
  }
  return columns;
}

TableFormat read_table_text(std::string_view text, std::string const& name, ColumnMap const& columns,
                            std::function<void(TableEntry&&)> const& visit) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail(name, 1, "is empty");
  if (text[first] == '[') fail(name, 1, "is a JSON array; write it as JSON lines, an object a line");
  if (text[first] == '{') {
    bool const dictionary = has_json_keys(text);
    if (dictionary) read_dictionary(text, name, visit);
    else read_json_lines(text, columns, visit);
    return dictionary ? TableFormat::dictionary : TableFormat::json_lines;
  }
  if (text.find('\0') != std::string_view::npos) fail(name, 1, "is a binary file; tables are JSON or CSV");
  std::optional<CsvColumns> header;
  read_csv(text, name, [&](CsvRecord const& record) {
    if (!header) header.emplace(record, name, columns);
    else visit(header->entry_of(record));
  });
  return TableFormat::csv;
}

}  // namespace apq::collect
