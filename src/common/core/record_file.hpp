#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

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

/// A number that may be unknown: NaN here, null in JSON.
Json number_or_null(double value);
double number_or_nan(Json const& json);

}  // namespace apq
