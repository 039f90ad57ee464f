#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace apq::collect {

/// One record of a file of separated fields.
struct CsvRecord {
  std::size_t line;  ///< of its first character, from 1
  std::vector<std::string> fields;
};

/// Calls `visit` for each record that is not empty, until it gives false (RFC 4180: fields may be quoted, a quoted field may hold
/// separators, doubled quotes and line ends; lines end in LF, CRLF or CR).
/// @param first_line  of the text in its file
/// @throws Error(data) "name:line: ..." for a quote that is never closed or text after a closed one.
void read_csv(std::string_view text, std::string const& name, char separator, std::size_t first_line,
              std::function<bool(CsvRecord const&)> const& visit);

}  // namespace apq::collect
