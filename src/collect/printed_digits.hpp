#pragma once

#include <cmath>
#include <string>

#include <fmt/format.h>

namespace apq::collect {

/// Digits after the decimal point of the shortest text that means this number: 2 of 75.45, 0 of 3, 7 of 2.5e-06.
inline int decimals_of(double value) {
  auto const text = fmt::format("{}", value);
  auto const point = text.find('.'), exponent = text.find('e');
  auto const end = exponent == text.npos ? text.size() : exponent;
  int const digits = point == text.npos ? 0 : static_cast<int>(end - point) - 1;
  return std::max(0, digits - (exponent == text.npos ? 0 : std::stoi(text.substr(exponent + 1))));
}

/// How far a number of so many decimals may be from what it was rounded from. Single precision is never finer than `floor`.
inline double rounding_of(int decimals, double floor) { return std::max(0.5 * std::pow(10.0, -decimals), floor); }

}  // namespace apq::collect
