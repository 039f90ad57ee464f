#include "collect/table_scale.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "collect/printed_digits.hpp"

namespace apq::collect {
namespace {

constexpr std::size_t min_rows_of_grid = 20;
constexpr std::uint32_t largest_grid = 100'000;
constexpr double grid_tolerance = 1e-7;      // single-precision accuracies
constexpr double single_precision = 2.5e-7;  // after a few sums
constexpr double telling_share = 0.2;        // of all accuracies that fit by chance, at most

bool is_power_of_ten(std::uint32_t n) {
  while (n % 10 == 0) n /= 10;
  return n == 1;
}

/// The first of the accuracies that is so; null: none.
template <class Is>
LinedAccuracy const* first_that(std::vector<LinedAccuracy> const& accuracies, Is const& is) {
  auto const found = std::find_if(accuracies.begin(), accuracies.end(), [&](auto const& a) { return is(a.written); });
  return found == accuracies.end() ? nullptr : &*found;
}

/// "0.756 can be 0.756 % or 75.6 %".
std::string two_readings(double value) { return fmt::format("{} can be {} % or {:.10g} %", value, value, 100 * value); }

/// One of those that are almost equal: a table can hold millions, but few that any n between 2 and its limit fits.
std::vector<RoundedFraction> distinct(std::vector<RoundedFraction> fractions) {
  auto const key = [](RoundedFraction const& f) { return std::pair(std::nearbyint(f.value * 1e8), f.rounding); };
  std::sort(fractions.begin(), fractions.end(), [&](auto const& a, auto const& b) { return key(a) < key(b); });
  auto const end = std::unique(fractions.begin(), fractions.end(), [&](auto const& a, auto const& b) { return key(a) == key(b); });
  fractions.erase(end, fractions.end());
  return fractions;
}

/// The least number of images from 2 to `limit` that all fit; 0: none.
std::uint32_t least_grid(std::vector<RoundedFraction> const& fractions, std::uint32_t limit) {
  auto const few = distinct(fractions);
  for (std::uint32_t n = 2; n <= limit; ++n) {
    auto const fit_n = [n](RoundedFraction const& fraction) { return fits(fraction, n); };
    if (std::all_of(few.begin(), few.end(), fit_n) && std::all_of(fractions.begin(), fractions.end(), fit_n)) return n;
  }
  return 0;
}

}  // namespace

UnitFinding unit_of(std::vector<LinedAccuracy> const& accuracies, AccuracyUnit asked, bool column_says) {
  auto const* const with_sign = first_that(accuracies, [](auto const& a) { return a.percent_sign; });
  auto const* const without = first_that(accuracies, [](auto const& a) { return !a.percent_sign && a.value != 0; });
  auto const* const small = first_that(accuracies, [](auto const& a) { return a.value > 0 && a.value <= 1; });
  auto const* const large = first_that(accuracies, [](auto const& a) { return a.value > 1; });
  if (asked == AccuracyUnit::fraction && with_sign != nullptr)
    return {false,
            LineFault{with_sign->line, fmt::format("the accuracy {} has a percent sign; --unit says fraction", with_sign->written.value)}};
  if (asked != AccuracyUnit::by_content) return {asked == AccuracyUnit::percent, {}};
  if (with_sign != nullptr && without != nullptr)
    return {true, LineFault{without->line, fmt::format("the accuracy {} has no percent sign, that of line {} has one: {}; --unit percent "
                                                       "says that all are percent",
                                                       without->written.value, with_sign->line, two_readings(without->written.value))}};
  if (with_sign != nullptr) return {true, {}};
  if (column_says && small != nullptr && large == nullptr)
    return {true,
            LineFault{small->line, fmt::format("the accuracy's column says percent, but no accuracy is above 1: {}; --unit percent or "
                                               "--unit fraction says which",
                                               two_readings(small->written.value))}};
  if (column_says) return {true, {}};
  if (small != nullptr && large != nullptr) {
    // The rarer kind, else the later, is the one that is in the wrong place.
    auto const num_small = std::count_if(accuracies.begin(), accuracies.end(), [](auto const& a) { return a.written.value <= 1; });
    auto const twice = 2 * static_cast<std::size_t>(num_small);
    bool const small_is_rare = twice != accuracies.size() ? twice < accuracies.size() : small->line > large->line;
    auto const *odd = small_is_rare ? small : large, *usual = small_is_rare ? large : small;
    return {small_is_rare,
            LineFault{odd->line, fmt::format("the accuracy {} stands beside {} of line {}, fractions and percent in one column: {}; --unit "
                                             "percent or --unit fraction says what all are",
                                             odd->written.value, usual->written.value, usual->line, two_readings(small->written.value))}};
  }
  return {large != nullptr, {}};
}

double rounding_of(std::vector<LinedAccuracy> const& accuracies, bool percent) {
  int decimals = 0;
  for (auto const& accuracy : accuracies) decimals = std::max(decimals, decimals_of(accuracy.written.value));
  return rounding_of(decimals + (percent ? 2 : 0), single_precision);
}

bool fits(RoundedFraction const& fraction, std::uint32_t images) {
  double const hits = fraction.value * images;
  return std::abs(hits - std::nearbyint(hits)) <= images * fraction.rounding * (1 + 1e-6) + 1e-9;
}

std::uint32_t least_fit(std::vector<RoundedFraction> const& fractions) {
  double finest = 1;
  for (auto const& fraction : fractions) finest = std::min(finest, fraction.rounding);
  return least_grid(fractions, static_cast<std::uint32_t>(std::min<double>(largest_grid, telling_share / (2 * finest))));
}

std::uint32_t images_from_grid(std::vector<double> const& fractions) {
  if (fractions.size() < min_rows_of_grid) return 0;
  std::vector<RoundedFraction> exact;
  for (double const fraction : fractions) exact.push_back({fraction, grid_tolerance});
  auto const n = least_grid(exact, largest_grid);
  return n > 0 && !is_power_of_ten(n) ? n : 0;
}

}  // namespace apq::collect
