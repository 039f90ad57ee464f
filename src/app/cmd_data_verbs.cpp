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
namespace {

struct Options {
  std::filesystem::path directory, space;
  std::string format;
};

std::shared_ptr<Options> add_options(CLI::App& app, std::string const& example) {
  auto const o = std::make_shared<Options>();
  app.add_option("directory", o->directory, "A study's directory, or one stage's shards")->required();
  app.footer("Example:\n  " + example);
  return o;
}

void add_space(CLI::App& app, Options& o) { app.add_option("--space", o.space, "Search space (default: the study's)"); }

int verify(Options const& o) {
  auto const check = collect::check_stored(o.directory, collect::space_of_stored(o.directory, o.space));
  for (auto const& file : check.set_aside) log::root().info("{}: set aside, not part of the dataset", file);
  for (auto const& line : check.quarantined) fmt::print("in quarantine: {}\n", printable(line));
  for (auto const& line : check.faults.empty() ? check.sound : check.faults) fmt::print("{}\n", printable(line));
  return check.faults.empty() ? 0 : static_cast<int>(Errc::data);
}

}  // namespace

Verb add_list_data(CLI::App& app) {
  auto const o = add_options(app, "apq data list runs/quickstart");
  add_format(app, o->format, "table", "json");
  return [o] {
    std::vector<collect::StageSummary> summaries;
    for (auto const& stage : collect::stored_stages(o->directory)) summaries.push_back(collect::summary_of(stage.name, stage.read()));
    print((o->format == "json" ? collect::summary_json : collect::summary_table)(summaries));
    return 0;
  };
}

Verb add_verify_data(CLI::App& app) {
  auto const o = add_options(app, "apq data verify runs/quickstart");
  add_space(app, *o);
  return [o] { return verify(*o); };
}

Verb add_hash_data(CLI::App& app) {
  auto const o = add_options(app, "apq data hash runs/quickstart");
  return [o] {
    fmt::print("{}\n", collect::stored_hash(o->directory));
    return 0;
  };
}

Verb add_export_data(CLI::App& app) {
  auto const o = add_options(app, "apq data export runs/quickstart --format jsonl --space configs/spaces/fashion_mnist.yaml > rows.jsonl");
  add_format(app, o->format, "csv", "jsonl");
  add_space(app, *o);
  return [o] {
    auto const format = o->format == "csv" ? collect::RowFormat::csv : collect::RowFormat::json_lines;
    collect::export_rows(o->directory, o->space, format, [](std::string const& line) { print(line); });
    return 0;
  };
}

}  // namespace apq::app
