#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// What stands in one cell of a table.
namespace apq::collect {

/// "0.756", " 75.6 % ", "+0.756"; with decimal commas "75,6".
struct NumberCell {
  double value = 0;  ///< finite
  bool percent_sign = false, decimal_comma = false, decimal_point = false;
};
std::optional<NumberCell> number_in(std::string_view cell);

/// A whole number in [0, 1e9]; "1,000" is none, for it can be 1000 or 1.
/// @throws Error(data), without a place: what it is instead.
std::uint32_t count_in(std::string_view cell);

/// Numbers of a list: "[3, 5, 7]", "3 5 7", "3;5;7", "3-5-7".
/// @throws Error(data), without a place, for what is no number, and for "-3 -5", whose signs could be separators.
nlohmann::json list_in(std::string_view cell);

/// A subnet in JSON, or as Python writes a dictionary: {'ks': (3, 5), 'wid': None}.
/// @throws JsonError of an unnamed file.
nlohmann::json subnet_in(std::string_view cell);

/// The start of a text, for messages.
std::string shortened(std::string_view text);

}  // namespace apq::collect
