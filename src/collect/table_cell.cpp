#include "collect/table_cell.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/json_text.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::json;

constexpr double max_count = 1e9;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> plain_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

/// Python's strings, tuples, None, True and False as those of JSON. What is neither stays, for the parser to refuse.
std::string json_of_python(std::string_view text) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quote != 0) {
      if (c == '\\' && i + 1 < text.size()) {
        ++i;
        out += text[i] == '\'' ? std::string("'") : std::string{'\\', text[i]};
      } else if (c == quote) {
        quote = 0;
        out += '"';
      } else {
        out += c == '"' ? std::string("\\\"") : std::string(1, c);
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      out += '"';
    } else if (c == '(') {
      out += '[';
    } else if (c == ')' || c == ']' || c == '}') {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      if (!out.empty() && out.back() == ',') out.pop_back();  // (3,)
      out += c == ')' ? ']' : c;
    } else if (is_letter(c)) {
      auto end = i;
      while (end < text.size() && is_letter(text[end])) ++end;
      auto const word = text.substr(i, end - i);
      out += word == "None" ? "null" : word == "True" ? "true" : word == "False" ? "false" : word;
      i = end - 1;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string shortened(std::string_view text) { return text.size() <= 40 ? std::string(text) : std::string(text.substr(0, 37)) + "..."; }

std::optional<NumberCell> number_in(std::string_view cell) {
  NumberCell number;
  cell = trimmed(cell);
  if (cell.ends_with('%')) {
    number.percent_sign = true;
    cell = trimmed(cell.substr(0, cell.size() - 1));
  }
  std::string text(cell);
  number.decimal_point = text.find('.') != text.npos;
  if (auto const comma = text.find(','); comma != text.npos && !number.decimal_point && text.find(',', comma + 1) == text.npos) {
    number.decimal_comma = true;
    text[comma] = '.';
  }
  auto const value = plain_number(text);
  if (!value) return {};
  number.value = *value;
  return number;
}

std::uint32_t count_in(std::string_view cell) {
  cell = trimmed(cell);
  if (auto const number = plain_number(cell); number && *number >= 0 && *number <= max_count && *number == std::floor(*number))
    return static_cast<std::uint32_t>(*number);
  std::string digits;
  for (char const c : cell)
    if (is_digit(c)) digits += c;
  bool const grouped = cell.find_first_not_of("0123456789,.' ") == cell.npos && !digits.empty() && digits.size() < cell.size();
  if (grouped)
    throw Error(Errc::data, fmt::format("'{}' can be {} in groups of digits, or a number with a decimal mark; write {} or the whole number "
                                        "that is meant",
                                        shortened(cell), digits, digits));
  throw Error(Errc::data, fmt::format("'{}' is not a whole number from 0 to {}", shortened(cell), max_count));
}

Json list_in(std::string_view cell) {
  constexpr std::string_view separators = " \t\r\n,;|:_-[]()";
  auto list = Json::array();
  for (std::size_t at = 0; at < cell.size();) {
    char const c = cell[at];
    if (separators.find(c) != separators.npos) {
      bool const is_sign = c == '-' && at + 1 < cell.size() && is_digit(cell[at + 1]) && (at == 0 || !is_digit(cell[at - 1]));
      if (is_sign)
        throw Error(Errc::data, fmt::format("'{}' has a minus that can be a sign or a separator; write 3-5-7, or 3 5 7, without signs",
                                            shortened(cell)));
      ++at;
      continue;
    }
    auto const end = std::min(cell.find_first_of(separators, at), cell.size());
    auto const number = plain_number(cell.substr(at, end - at));
    if (!number) throw Error(Errc::data, fmt::format("'{}' is not a list of numbers", shortened(cell)));
    list.push_back(*number);
    at = end;
  }
  return list;
}

Json subnet_in(std::string_view cell) {
  try {
    return parse_json(cell, "");
  } catch (JsonError const&) {
    auto const text = json_of_python(cell);
    if (text == cell) throw;
    return parse_json(text, "");
  }
}

}  // namespace apq::collect
