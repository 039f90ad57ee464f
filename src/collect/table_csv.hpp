#pragma once

#include <string>
#include <string_view>

#include "collect/table_entry.hpp"
#include "collect/table_field.hpp"

namespace apq::collect {

/// Reads a table of separated fields. The separator is what a first line "sep=;" says, else that of comma, semicolon and tab which
/// gives a header with the fields that are needed. Lines that begin with # before the header are passed over.
/// @throws Error(data) "name:line: ..." as read_table_text.
TableDialect read_csv_table(std::string_view text, std::string const& name, ColumnMap const& columns, VisitEntry const& visit);

}  // namespace apq::collect
