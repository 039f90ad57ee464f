#include "collect/table_field.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/space/search_space.hpp"

namespace apq::collect {
namespace {

bool has(std::vector<std::string> const& list, std::string const& item) { return std::find(list.begin(), list.end(), item) != list.end(); }

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t'\"");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t'\"") - first + 1);
}

/// "Top-1 Acc (%)" and "top1_acc" are "top1acc".
std::string squeezed(std::string_view name) {
  std::string out;
  int brackets = 0;
  for (char const c : name) {
    if (c == '(' || c == '[') ++brackets;
    else if (c == ')' || c == ']') --brackets;
    else if (brackets > 0) continue;
    else if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

/// Squeezed.
std::vector<std::string> known_names(std::string const& field) {
  if (field == "r") return {"r", "imagesize", "resolution"};
  if (field == "acc") return {"acc", "accuracy", "top1", "acc1", "top1acc", "top1accuracy", "acctop1", "accuracytop1"};
  if (field == "total") return {"total", "images"};
  if (field == "subnet") return {"subnet", "subnetwork"};
  return {squeezed(field)};
}

std::string listed(std::vector<std::string> const& names, std::vector<std::size_t> const& which) {
  constexpr std::ptrdiff_t most = 4;
  if (which.size() > most) return listed(names, {which.begin(), which.begin() + most}) + ", ...";
  std::string text;
  for (auto const i : which)
    text += fmt::format("{}{} (number {})", text.empty() ? "" : i == which.back() ? " and " : ", ", names[i], i + 1);
  return text;
}

}  // namespace

std::vector<std::string> const& list_fields() {
  static auto const fields = [] {
    std::vector<std::string> names{"ks", "e", "mid_channels", "d"};
    for (char const* role : space::role_names) names.push_back(role + std::string("_bits"));
    return names;
  }();
  return fields;
}

std::vector<std::string> const& all_fields() {
  static auto const fields = [] {
    auto names = list_fields();
    for (char const* name : {"r", "acc", "correct", "total", "subnet"}) names.emplace_back(name);
    return names;
  }();
  return fields;
}

bool is_label(std::string const& field) { return field == "acc" || field == "correct" || field == "total"; }

ColumnMap parse_columns(std::string const& text) {
  ColumnMap columns;
  std::string_view rest = text;
  while (!rest.empty()) {
    auto const end = rest.find(',');
    auto const item = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    auto const equals = item.find('=');
    auto const ours = std::string(item.substr(0, equals));
    if (equals == std::string_view::npos || equals + 1 == item.size() || !has(all_fields(), ours))
      throw Error(Errc::config,
                  fmt::format("--columns {}: {} is not OURS=THEIRS; ours is one of: {}", text, item, fmt::join(all_fields(), ", ")));
    if (!columns.emplace(ours, item.substr(equals + 1)).second)
      throw Error(Errc::config, fmt::format("--columns {}: names {} twice", text, ours));
  }
  return columns;
}

TableNames::TableNames(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    as_written_[std::string(trimmed(names_[i]))].push_back(i);
    simplified_[squeezed(names_[i])].push_back(i);
  }
}

std::optional<std::size_t> TableNames::find(std::string const& field, ColumnMap const& columns, std::string const& more) const {
  std::vector<std::size_t> found;
  auto const add = [&](auto const& names, std::string const& name) {
    if (auto const at = names.find(name); at != names.end() && !name.empty())
      found.insert(found.end(), at->second.begin(), at->second.end());
  };
  if (auto const mapped = columns.find(field); mapped != columns.end()) {
    auto const theirs = trimmed(mapped->second);
    if (more.empty()) add(as_written_, std::string(theirs));
    if (found.empty()) add(simplified_, squeezed(theirs) + more);
    std::size_t number = 0;
    auto const [end, error] = std::from_chars(theirs.data(), theirs.data() + theirs.size(), number);
    bool const is_number = more.empty() && error == std::errc() && end == theirs.data() + theirs.size();
    if (found.empty() && is_number && number >= 1 && number <= names_.size()) return number - 1;
  } else {
    for (auto const& name : known_names(field)) add(simplified_, name + more);
  }
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found.front();
  std::sort(found.begin(), found.end());
  throw Error(Errc::data, fmt::format("has {} columns that can be {}: {}; choose with {} and its name or number", found.size(),
                                      field == "acc" ? "the accuracy" : field, listed(names_, found),
                                      field == "acc" ? "--accuracy-column" : fmt::format("--columns {}=", field)));
}

bool says_percent(std::string const& name) {
  std::string lower;
  for (char const c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower.find('%') != lower.npos || lower.find("percent") != lower.npos || lower.find("pct") != lower.npos;
}

}  // namespace apq::collect
