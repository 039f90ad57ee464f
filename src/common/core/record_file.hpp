#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/core/error.hpp"

// What all records have in common: JSON objects that begin with "format", the record's name, and "format_version".
namespace apq {

using Json = nlohmann::ordered_json;

/// A kind of record.
struct RecordFormat {
  char const* name;    ///< "apq search"
  int version;         ///< raised whenever an older reader would misread it
  char const* remedy;  ///< what makes it anew: "`apq search` makes it anew"
};

/// Replaces the file whole. @throws Error(io).
void write_record(std::filesystem::path const& file, RecordFormat const& format, Json content);

/// `read` gets the document. @throws Error(data) naming the file, the fault and the remedy: not JSON, another format or version, a
///         field that is missing or of another kind, what `read` throws; Error(io) when it cannot be read.
void read_record(std::filesystem::path const& file, RecordFormat const& format, std::function<void(Json const&)> const& read);

/// What the library says is wrong, without its own numbering: "key 'stages' not found".
std::string problem_of(Json::exception const& exception);

/// A number that may be unknown: NaN here, null in JSON.
Json number_or_null(double value);
double number_or_nan(Json const& json);

/// A number that a T holds, unlike nlohmann's get(), to which 2^32 + 1 is 1 and 2.5 is 2. @throws Error(data), without a place.
template <class T>
T whole_number(Json const& json) {
  bool const fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                              : json.is_number_integer() && std::in_range<T>(json.get<std::int64_t>());
  if (!fits)
    throw Error(Errc::data, (json.is_number() ? json.dump() : std::string(json.type_name())) + " is no whole number from " +
                                std::to_string(std::numeric_limits<T>::min()) + " to " + std::to_string(std::numeric_limits<T>::max()));
  return json.get<T>();
}
/// A list of them.
template <class T>
std::vector<T> whole_numbers(Json const& json) {
  if (!json.is_array()) throw Error(Errc::data, std::string(json.type_name()) + " is no list of numbers");
  std::vector<T> values;
  for (auto const& item : json) values.push_back(whole_number<T>(item));
  return values;
}

}  // namespace apq
