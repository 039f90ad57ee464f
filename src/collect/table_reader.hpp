#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// Accuracy tables that others made: from their text to entries, before any space is known (docs/tables.md).
namespace apq::collect {

/// Told apart by content.
enum class TableFormat {
  dictionary,  ///< one JSON object: subnet as a JSON text -> accuracy (OFA's acc.dict, the release's info.dict)
  json_lines,  ///< a JSON object a line
  csv,         ///< a header line, then a record a line
};
char const* name_of(TableFormat format);

/// What one entry says.
struct TableEntry {
  std::size_t line = 0;                          ///< of the file, from 1
  nlohmann::json subnet;                         ///< in a form of space::subnet_from_json, unchecked
  double accuracy = 0;                           ///< as written: a fraction or percent; finite
  std::optional<std::uint32_t> correct, images;  ///< where the entry counts hits
  std::string fault;                             ///< not empty: what is wrong; the rest means nothing
};

/// Fields that a table may name otherwise: our name (ks, e, mid_channels, d, r, acc, correct, total,
/// pw_w_bits, ...) -> theirs. Where a name is not mapped, known other names count too: image_size for
/// r; accuracy, top1 and acc1 for acc; images for total.
using ColumnMap = std::map<std::string, std::string>;
/// "ks=kernels,acc=top1". @throws Error(config) for an unknown or repeated name of ours.
ColumnMap parse_columns(std::string const& text);

/// Visits every entry in the order of the text, also the faulty ones.
/// @param name  of the file, for messages.
/// @throws Error(data) "name:line: ..." where the text as a whole cannot be read: no known format, JSON
/// that breaks off, an unclosed quote, a column that is missing.
TableFormat read_table_text(std::string_view text, std::string const& name, ColumnMap const& columns,
                            std::function<void(TableEntry&&)> const& visit);

}  // namespace apq::collect
