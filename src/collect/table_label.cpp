#include "collect/table_label.hpp"

#include <cmath>

#include <fmt/format.h>

#include "collect/printed_digits.hpp"
#include "collect/table_cell.hpp"
#include "common/core/error.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::json;

constexpr double single_precision = 1e-6;

[[noreturn]] void fail(std::string const& problem) { throw Error(Errc::data, problem); }

std::string shown(Json const& value) { return shortened(value.dump(-1, ' ', true, Json::error_handler_t::replace)); }

WrittenAccuracy accuracy_in(Json const& value) {
  if (value.is_number() && std::isfinite(value.get<double>())) return {value.get<double>(), false};
  auto const cell = value.is_string() ? number_in(value.get<std::string>()) : std::nullopt;
  if (!cell || cell->decimal_comma) fail(fmt::format("the accuracy {} is not a number", shown(value)));
  return {cell->value, cell->percent_sign};
}

}  // namespace

void set_label(TableEntry& entry, std::string const& field, Json const& value) {
  if (value.is_null()) return;
  if (field == "acc") {
    entry.accuracy = accuracy_in(value);
    return;
  }
  try {
    if (!value.is_number() && !value.is_string()) fail(fmt::format("is {}, not a number", value.type_name()));
    auto const count = count_in(value.is_string() ? value.get<std::string>() : value.dump());
    (field == "correct" ? entry.correct : entry.images) = count;
  } catch (Error const& e) {
    fail(fmt::format("{}: {}", field, e.what()));
  }
}

void require_label(TableEntry const& entry) {
  if (entry.images && *entry.images == 0) fail("total: 0 is not a number of images");
  if (!entry.correct || !entry.images) {
    if (entry.accuracy) return;
    fail(entry.correct ? "has correct, but no total" : "has no accuracy (acc), nor correct and total");
  }
  if (*entry.correct > *entry.images) fail(fmt::format("correct = {} is more than total = {}", *entry.correct, *entry.images));
  if (!entry.accuracy) return;
  double const fraction = static_cast<double>(*entry.correct) / *entry.images, written = entry.accuracy->value;
  double const rounding = rounding_of(decimals_of(written), 0);
  bool const agrees = std::abs(written - fraction) <= rounding + single_precision ||
                      std::abs(written - 100 * fraction) <= rounding + 100 * single_precision;
  if (!agrees)
    fail(fmt::format("the accuracy {} is not that of {} hits of {} images ({:.6f}); leave one of the two out", written, *entry.correct,
                     *entry.images, fraction));
}

}  // namespace apq::collect
