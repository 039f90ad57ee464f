#include <algorithm>
#include <cstdio>
#include <iterator>

#include "app/cmd_import.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "collect/table_text.hpp"
#include "common/mpi/collectives.hpp"
#include "dataset/published_folder.hpp"

namespace apq::app {
namespace {

struct Options {
  collect::TableSource source;
  std::string columns, accuracy_column, unit = "auto", repeats = "error", format = "table";
  bool dry_run = false;
};

std::string import_files(Options const& o) {
  if (o.source.space.empty()) throw Error(Errc::config, "--space is missing: the search space of the table");
  auto source = o.source;
  source.options.columns = collect::parse_columns(o.columns);
  if (!o.accuracy_column.empty() && !source.options.columns.emplace("acc", o.accuracy_column).second)
    throw Error(Errc::config, "--accuracy-column: --columns names acc already; leave one of the two out");
  if (o.unit != "auto") source.options.unit = o.unit == "percent" ? collect::AccuracyUnit::percent : collect::AccuracyUnit::fraction;
  auto const& names = collect::repeats_names;
  source.options.repeats = static_cast<collect::Repeats>(std::find(std::begin(names), std::end(names), o.repeats) - std::begin(names));
  bool const as_json = o.format == "json";
  if (o.dry_run) {
    auto const space = space::load_space(source.space);
    auto const table = collect::read_as_table(space, source);
    return as_json ? collect::dry_run_json(space, table) : collect::dry_run_text(space, table);
  }
  if (source.study.empty()) throw Error(Errc::config, study_is_missing);
  auto const made = collect::import_as_study(source);
  return as_json ? collect::table_study_json(made) : collect::table_study_text(source, made);
}

}  // namespace

Body add_import_table(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("files", o->source.files,
                 "acc.dict or info.dict (JSON), JSON lines, CSV, told apart by content; a folder of SIZE.dict; a published folder")
      ->required();
  app.add_option("--space", o->source.space, "Search space (YAML); a published folder has its own");
  app.add_option("--study", o->source.study, "Study directory; made where it is missing");
  app.add_option("--stage", o->source.options.stage, "fp or quant (default: as the rows are)")->check(CLI::IsMember({"fp", "quant"}));
  app.add_option("--images", o->source.options.images, "Images behind every accuracy (default: as the rows or the grid of accuracies tell)")
      ->check(within(1, 1'000'000'000));
  app.add_option("--columns", o->columns, "Fields the table names otherwise: ks=kernels,acc=top1");
  app.add_option("--accuracy-column", o->accuracy_column, "Name or number of the column with the accuracies, as --columns acc=NAME");
  add_choice(app, "--unit", o->unit, {"auto", "fraction", "percent"}, "Of the accuracies: auto, fraction or percent");
  add_choice(app, "--repeats", o->repeats, {"error", "first", "mean", "all"},
             "Rows of one subnet with other accuracies: error, first, mean (one row) or all (kept as measurements)");
  app.add_flag("--dry-run", o->dry_run, "Say what is read and how it is understood, with the first rows; write nothing");
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq import table acc.dict --space configs/spaces/ofa_mbv3_w1.0.yaml --study runs/ofa --images 12500\n"
      "  apq train --study runs/ofa --stage fp");
  return [o, &app](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      bool const is_folder = o->source.files.size() == 1 && dataset::is_published(o->source.files.front());
      text = is_folder ? import_published_folder(app, o->source.files.front(), o->source.study, o->dry_run, o->format == "json")
                       : import_files(*o);
    });
    if (world.is_root()) {
      print(text);
      std::fflush(stdout);
    }
    return 0;
  };
}

}  // namespace apq::app
