#include <cstdio>

#include "app/cmd_import.hpp"
#include "app/within.hpp"
#include "collect/table_study.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace {

struct Options {
  collect::TableSource source;
  std::string columns, unit = "auto", format = "table";
};

std::string import_file(Options const& o) {
  auto source = o.source;
  source.options.columns = collect::parse_columns(o.columns);
  if (o.unit != "auto") source.options.unit = o.unit == "percent" ? collect::AccuracyUnit::percent : collect::AccuracyUnit::fraction;
  auto const made = collect::import_as_study(source);
  return o.format == "json" ? collect::table_study_json(made) : collect::table_study_text(source, made);
}

}  // namespace

Body add_import_table(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("file", o->source.file, "acc.dict or info.dict (JSON), JSON lines, or CSV; told apart by content")->required();
  app.add_option("--space", o->source.space, "Search space (YAML)")->required();
  app.add_option("--study", o->source.study, "Study directory; made where it is missing")->required();
  app.add_option("--stage", o->source.options.stage, "fp or quant (default: as the rows are)")->check(CLI::IsMember({"fp", "quant"}));
  app.add_option("--images", o->source.options.images, "Images behind every accuracy (default: as the rows or the grid of accuracies tell)")
      ->check(within(1, 1'000'000'000));
  app.add_option("--columns", o->columns, "Fields the table names otherwise: ks=kernels,acc=top1");
  app.add_option("--unit", o->unit, "Of the accuracies: auto, fraction or percent")
      ->check(CLI::IsMember({"auto", "fraction", "percent"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq import table acc.dict --space configs/spaces/ofa_mbv3_w1.0.yaml --study runs/ofa --images 12500\n"
      "  apq train --study runs/ofa --stage fp");
  return [o](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] {
      if (world.is_root()) text = import_file(*o);
    });
    if (world.is_root()) {
      std::fputs(text.c_str(), stdout);
      std::fflush(stdout);
    }
    return 0;
  };
}

}  // namespace apq::app
