#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "collect/row_export.hpp"
#include "dataset/condition.hpp"

namespace apq::dataset {

/// Which rows, and what of them.
struct RowQuery {
  std::string stage;             ///< "fp" or "quant"; empty: all
  std::vector<Condition> where;  ///< all must fit
  std::vector<collect::RowColumn const*> columns = collect::standard_columns();
  collect::RowFormat format = collect::RowFormat::csv;
  std::size_t limit = 0;  ///< at most so many rows; 0: all
};

/// "id,accuracy,ks". @throws Error(config) "--columns ...: ...", naming the columns that there are.
std::vector<collect::RowColumn const*> parse_row_columns(std::string const& text);

/// Rows under `directory` (collect::stored_stages) that fit, in the order of stages and ids, line by line; CSV begins with a header.
/// @return how many.
/// @throws as collect::export_rows; Error(data) when a column or condition needs the search space and none is known, or the stage is not
/// there.
std::size_t query_rows(std::filesystem::path const& directory, std::filesystem::path const& space_file, RowQuery const& query,
                       collect::WriteLine const& write);

}  // namespace apq::dataset
