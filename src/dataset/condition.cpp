#include "dataset/condition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::dataset {
namespace {

using Comparison = Condition::Comparison;

// Longer ones before those that they begin with.
constexpr std::pair<std::string_view, Comparison> operators[] = {
    {"<=", Comparison::less_equal}, {">=", Comparison::greater_equal}, {"!=", Comparison::not_equal}, {"==", Comparison::equal},
    {"<", Comparison::less},        {">", Comparison::greater},        {"=", Comparison::equal}};

[[noreturn]] void fail(std::string const& text, std::string const& problem) {
  throw Error(Errc::config, fmt::format("--where {}: {}", text, problem));
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::vector<collect::RowColumn const*> columns_of(std::string const& name, std::string const& text) {
  if (name == "bits") {
    std::vector<collect::RowColumn const*> columns;
    for (char const* role : space::role_names) columns.push_back(&collect::row_column(role + std::string("_bits")));
    return columns;
  }
  try {
    auto const& column = collect::row_column(name);
    if (column.kind == collect::ColumnKind::text || column.kind == collect::ColumnKind::subnet)
      fail(text, fmt::format("{} is not a number or a list of numbers", name));
    return {&column};
  } catch (Error const& e) {
    std::string const problem = e.what();
    if (problem.starts_with("--where")) throw;
    fail(text, problem + ", bits");
  }
}

bool compare(Condition const& condition, double value) {
  switch (condition.comparison) {
    case Comparison::equal:
      return value == condition.low;
    case Comparison::not_equal:
      return value != condition.low;
    case Comparison::less:
      return value < condition.low;
    case Comparison::less_equal:
      return value <= condition.low;
    case Comparison::greater:
      return value > condition.low;
    case Comparison::greater_equal:
      return value >= condition.low;
    case Comparison::within:
      return value >= condition.low && value <= condition.high;
  }
  return false;
}

}  // namespace

Condition parse_condition(std::string const& text) {
  auto const at = text.find_first_of("<>=!");
  std::string_view const all = text;
  auto const found = at == text.npos ? std::end(operators) : std::find_if(std::begin(operators), std::end(operators), [&](auto const& o) {
    return all.substr(at).starts_with(o.first);
  });
  if (found == std::end(operators))
    fail(text, "is no condition; write COLUMN = NUMBER (or != < <= > >=), COLUMN = LOW..HIGH, any COLUMN = NUMBER");
  Condition condition;
  condition.comparison = found->second;
  auto name = trimmed(all.substr(0, at));
  if (name.starts_with("any ")) {
    condition.any = true;
    name = trimmed(name.substr(4));
  }
  condition.columns = columns_of(std::string(name), text);
  auto const right = trimmed(all.substr(at + found->first.size()));
  auto const dots = right.find("..");
  bool const is_range = condition.comparison == Comparison::equal && dots != right.npos;
  auto const low = number_in(trimmed(right.substr(0, is_range ? dots : right.npos)));
  auto const high = is_range ? number_in(trimmed(right.substr(dots + 2))) : low;
  if (!low || !high) fail(text, fmt::format("'{}' is not a number{}", right, is_range ? " LOW..HIGH" : ""));
  if (*low > *high) fail(text, fmt::format("the range {} holds nothing", right));
  if (is_range) condition.comparison = Comparison::within;
  condition.low = *low;
  condition.high = *high;
  return condition;
}

bool fits(Condition const& condition, collect::RowValues const& values) {
  std::vector<double> numbers;
  for (auto const* column : condition.columns) {
    auto const more = numbers_in(*column, values);
    numbers.insert(numbers.end(), more.begin(), more.end());
  }
  // Of single precision is also what it is compared with: 0.3 is the 0.3 that a row shows.
  auto rounded = condition;
  if (condition.columns.front()->kind == collect::ColumnKind::number) {
    rounded.low = static_cast<float>(condition.low);
    rounded.high = static_cast<float>(condition.high);
  }
  auto const holds = [&](double value) { return compare(rounded, value); };
  if (condition.any) return std::any_of(numbers.begin(), numbers.end(), holds);
  return !numbers.empty() && std::all_of(numbers.begin(), numbers.end(), holds);
}

}  // namespace apq::dataset
