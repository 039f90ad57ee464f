#pragma once

#include <string>
#include <string_view>

#include "collect/table_entry.hpp"
#include "collect/table_field.hpp"

namespace apq::collect {

/// Whether the first key of an object is itself the text of a JSON object or array.
bool has_json_keys(std::string_view text);

/// One object: subnet as a text -> accuracy. @throws Error(data) "name:line: ..." where it is no flat object.
TableDialect read_dictionary(std::string_view text, std::string const& name, VisitEntry const& visit);

/// An object a line. Never throws for what a line holds.
TableDialect read_json_lines(std::string_view text, ColumnMap const& columns, VisitEntry const& visit);

}  // namespace apq::collect
