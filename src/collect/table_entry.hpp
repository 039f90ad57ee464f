#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace apq::collect {

/// An accuracy as it is written: a fraction or percent; finite.
struct WrittenAccuracy {
  double value = 0;
  bool percent_sign = false;
};

/// What one entry of a table says.
struct TableEntry {
  std::size_t line = 0;                          ///< of the file, from 1
  nlohmann::json subnet;                         ///< in a form of space::subnet_from_json, unchecked
  std::optional<WrittenAccuracy> accuracy;       ///< there unless `correct` is
  std::optional<std::uint32_t> correct, images;  ///< where the entry counts hits; correct <= images
  std::string fault;                             ///< not empty: what is wrong; the rest means nothing
};
using VisitEntry = std::function<void(TableEntry&&)>;

/// Told apart by content.
enum class TableFormat {
  dictionary,  ///< one JSON object: subnet as a JSON text -> accuracy (OFA's acc.dict, the release's info.dict)
  json_lines,  ///< a JSON object a line
  csv,         ///< a header line, then a record a line
};
char const* name_of(TableFormat format);

/// How the text of a table was understood.
struct TableDialect {
  TableFormat format{};
  char separator = ',';                                      ///< of a CSV
  bool decimal_commas = false;                               ///< in its accuracies
  std::vector<std::pair<std::string, std::string>> columns;  ///< our field -> the table's name of it; empty for a dictionary
  bool says_percent = false;                                 ///< the name of the accuracies does
};

/// "semicolon-separated, decimal commas".
std::string text_of(TableDialect const& dialect);

}  // namespace apq::collect
