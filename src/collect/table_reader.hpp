#pragma once

#include <string>
#include <string_view>

#include "collect/table_entry.hpp"
#include "collect/table_field.hpp"

// Accuracy tables that others made: from their text to entries, before any space is known (docs/tables.md).
namespace apq::collect {

/// Visits every entry in the order of the text, also the faulty ones. A byte order mark before the text counts for nothing.
/// @param name  of the file, for messages.
/// @throws Error(data) "name:line: ..." where the text as a whole cannot be read: no known format, JSON that breaks off, an unclosed
///         quote, a column that is missing or that two names could mean.
TableDialect read_table_text(std::string_view text, std::string const& name, ColumnMap const& columns, VisitEntry const& visit);

}  // namespace apq::collect
