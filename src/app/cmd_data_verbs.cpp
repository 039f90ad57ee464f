#include <fmt/format.h>

#include "app/cmd_data.hpp"
#include "app/print.hpp"
#include "collect/dataset_check.hpp"
#include "collect/row_export.hpp"
#include "collect/stage_summary.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/printable.hpp"
#include "common/h5/joined.hpp"

namespace apq::app {

int list_data(DataOptions const& o) {
  std::vector<collect::StageSummary> summaries;
  for (auto const& stage : collect::stored_stages(o.directory)) summaries.push_back(collect::summary_of(stage.name, stage.read()));
  print((o.format == "json" ? collect::summary_json : collect::summary_table)(summaries));
  return 0;
}

int verify_data(DataOptions const& o) {
  auto const check = collect::check_stored(o.directory, collect::space_of_stored(o.directory, o.space));
  for (auto const& file : check.set_aside) log::root().info("{}: set aside, not part of the dataset", file);
  for (auto const& line : check.quarantined) fmt::print("in quarantine: {}\n", printable(line));
  for (auto const& line : check.faults.empty() ? check.sound : check.faults) fmt::print("{}\n", printable(line));
  return check.faults.empty() ? 0 : static_cast<int>(Errc::data);
}

int hash_data(DataOptions const& o) {
  fmt::print("{}\n", collect::stored_hash(o.directory));
  return 0;
}

int export_data(DataOptions const& o) {
  auto const format = o.format == "csv" ? collect::RowFormat::csv : collect::RowFormat::json_lines;
  collect::export_rows(o.directory, o.space, format, [](std::string const& line) { print(line); });
  return 0;
}

int join_data(DataOptions const& o) {
  for (auto const& stage : collect::stored_stages(o.directory)) {
    h5::write_joined(h5::read_dataset(stage.directory), stage.joined);
    fmt::print("{}\n", printable(stage.joined.string()));
  }
  return 0;
}

}  // namespace apq::app
