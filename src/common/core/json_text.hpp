#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/core/error.hpp"

// The one door through which the texts of JSON files come in.
namespace apq {

inline constexpr std::size_t max_json_depth = 64;  ///< levels of a value; whoever copies, writes or frees it goes as deep

/// A text that is not sound JSON: "NAME:LINE: PROBLEM", Errc::data.
class JsonError : public Error {
 public:
  JsonError(std::string const& name, std::size_t line, std::string problem);
  std::size_t line() const noexcept { return line_; }  ///< from 1
  std::string const& problem() const noexcept { return problem_; }

 private:
  std::size_t line_;
  std::string problem_;
};

/// The whole text as one value. A byte order mark before it counts for nothing.
/// @param name        of the file, for messages
/// @param first_line  of the text in it
/// @throws JsonError for what is not JSON, for more than max_json_depth levels, for a key that an object has twice (one of its values
///         would be lost without a word).
nlohmann::json parse_json(std::string_view text, std::string const& name, std::size_t first_line = 1);
nlohmann::ordered_json parse_ordered_json(std::string_view text, std::string const& name);

/// The events of a text in its order, for what should not be held whole.
/// @param line  follows the reader through the text, from 1
/// @throws JsonError for what is not JSON; what `events` throws. Events check their own depth; one that gives false ends the reading.
void parse_json_events(std::string_view text, std::string const& name, std::size_t& line, nlohmann::json_sax<nlohmann::json>& events);

}  // namespace apq
