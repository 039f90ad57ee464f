#include "collect/row_export.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::collect {

space::SearchSpace const* space_of_rows(std::optional<space::SearchSpace> const& space, std::filesystem::path const& asked_for,
                                        h5::ShardHeader const& header) {
  if (space && header.space_hash == space->hash) return &*space;
  if (!asked_for.empty())
    throw Error(Errc::data, fmt::format("{}: has space hash {}, the shards have {} ({})", asked_for.string(), space->hash,
                                        header.space_hash, header.space_name));
  return nullptr;
}

void export_stage(h5::Dataset const& dataset, space::SearchSpace const* space, RowFormat format, WriteLine const& write) {
  auto const columns = standard_columns();
  for (auto const& row : dataset.rows) write(line_of(columns, RowValues(dataset.header.stage, row, space), format));
}

void export_rows(std::filesystem::path const& directory, std::filesystem::path const& space_file, RowFormat format,
                 WriteLine const& write) {
  auto const stages = stored_stages(directory);
  auto const space = space_of_stored(directory, space_file);
  if (format == RowFormat::csv) write(heading_of(standard_columns(), format));
  for (auto const& stage : stages) {
    auto const dataset = stage.read();
    export_stage(dataset, space_of_rows(space, space_file, dataset.header), format, write);
  }
}

}  // namespace apq::collect
