#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace apq::app {

/// A check for options that are numbers: T as it is written, finite, from `low` to `high`. The help names the range. CLI::Range lets NaN
/// pass and its numbers may end in other text.
template <class T>
CLI::Validator within(T low, T high) {
  char const* const kind = std::is_integral_v<T> ? "a whole number" : "a number";
  auto const is_in_range = [low, high](std::string const& text) {
    T value{};
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data() + (text.starts_with('+') ? 1 : 0), end, value);
    return error == std::errc() && rest == end && value >= low && value <= high;  // false for NaN
  };
  return {[=](std::string& text) {
            return is_in_range(text) ? std::string() : fmt::format("{} is not {} from {} to {}", text, kind, low, high);
          },
          fmt::format("in [{} - {}]", low, high)};
}

/// An option that is one number with a default, which the help shows beside its range.
template <class T>
CLI::Option* add_number(CLI::App& app, char const* name, T& value, CLI::Validator const& range, std::string const& text) {
  return app.add_option(name, value, text)->check(range)->capture_default_str();
}

/// The same of one of several words.
template <class T>
CLI::Option* add_choice(CLI::App& app, char const* name, T& value, std::vector<std::string> const& choices, std::string const& text) {
  return app.add_option(name, value, text)->check(CLI::IsMember(choices))->capture_default_str();
}

/// Seeds.
inline CLI::Validator any_seed() { return within<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()); }

}  // namespace apq::app
