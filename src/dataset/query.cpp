#include "dataset/query.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "dataset/published_folder.hpp"

namespace apq::dataset {
namespace {

/// Every column that matters, shown or not.
std::vector<collect::RowColumn const*> columns_in(RowQuery const& query) {
  auto columns = query.columns;
  for (auto const& condition : query.where) columns.insert(columns.end(), condition.columns.begin(), condition.columns.end());
  return columns;
}

/// For rows whose space is not known.
void refuse_columns_of_space(RowQuery const& query, std::filesystem::path const& directory) {
  for (auto const* column : columns_in(query))
    if (column->needs != collect::ColumnNeeds::row)
      throw Error(Errc::data, fmt::format("{}: {} needs the search space of the rows, which is not known; give it with --space",
                                          directory.string(), column->name));
}

bool needs_costs(RowQuery const& query) {
  auto const columns = columns_in(query);
  return std::any_of(columns.begin(), columns.end(), [](auto const* column) { return column->needs == collect::ColumnNeeds::costs; });
}

}  // namespace

std::vector<collect::RowColumn const*> parse_row_columns(std::string const& text) {
  std::vector<collect::RowColumn const*> columns;
  for (std::string_view rest = text;;) {
    auto const end = rest.find(',');
    try {
      columns.push_back(&collect::row_column(std::string(rest.substr(0, end))));
    } catch (Error const& e) {
      throw Error(Errc::config, fmt::format("--columns {}: {}", text, e.what()));
    }
    if (end == rest.npos) return columns;
    rest.remove_prefix(end + 1);
  }
}

std::size_t query_rows(std::filesystem::path const& directory, std::filesystem::path const& space_file, RowQuery const& query,
                       collect::WriteLine const& write) {
  auto const space = collect::space_of_stored(directory, space_file);
  std::vector<h5::Dataset> stages;
  for (auto const& stage : collect::stored_stages(directory))
    if (auto dataset = stage.read(); query.stage.empty() || dataset.header.stage == query.stage) {
      require_as_published(directory, dataset);
      stages.push_back(std::move(dataset));
    }
  if (stages.empty()) throw Error(Errc::data, fmt::format("{}: has no rows of stage {}", directory.string(), query.stage));
  std::optional<cost::CostModel> costs;
  std::size_t found = 0;
  auto const heading = heading_of(query.columns, query.format);
  if (!heading.empty()) write(heading);
  for (auto const& dataset : stages) {
    auto const* const of_rows = collect::space_of_rows(space, space_file, dataset.header);
    if (of_rows == nullptr) refuse_columns_of_space(query, directory);
    if (of_rows != nullptr && needs_costs(query) && !costs) costs.emplace(*of_rows, cost::CostConfig{});
    for (auto const& row : dataset.rows) {
      collect::RowValues const values(dataset.header.stage, row, of_rows, costs ? &*costs : nullptr);
      if (!std::all_of(query.where.begin(), query.where.end(), [&](Condition const& condition) { return fits(condition, values); }))
        continue;
      write(line_of(query.columns, values, query.format));
      if (++found == query.limit) return found;
    }
  }
  return found;
}

}  // namespace apq::dataset
