#include <fmt/format.h>

#include "app/command.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "common/core/error.hpp"
#include "common/core/study_layout.hpp"
#include "common/mpi/collectives.hpp"
#include "footprint/footprint_text.hpp"
#include "study/records/stamp.hpp"

namespace apq::app {
namespace {

namespace fp = apq::footprint;

struct Options {
  std::filesystem::path study;
  std::string grid, reference, per, format = "table";
  double pue = 0, embodied_kg = 0, lifespan_years = 4, share = 1;
  std::vector<int> ranks;
  std::vector<std::string> grids;
};

// Labels that finished collections made.
std::vector<fp::SharedWork> collected(StudyLayout const& layout) {
  std::vector<fp::SharedWork> work;
  for (std::string const stage : {"collect.fp", "collect.quant"}) {
    if (!std::filesystem::exists(layout.stamp(stage))) continue;
    auto const contents = study::read_stamp(layout.stamp(stage)).contents;
    if (auto const rows = contents.find("num_rows"); rows != contents.end()) work.push_back({stage, std::stoull(rows->second)});
  }
  return work;
}

std::string answer(Options const& o) {
  StudyLayout const layout{o.study};
  if (!std::filesystem::exists(layout.config()))
    throw Error(Errc::io, fmt::format("{}: holds no study (no config.yaml)", o.study.string()));
  auto const ledger = energy::read_ledger(layout.ledger());
  if (ledger.empty())
    throw Error(Errc::data, fmt::format("{}: nothing has been measured yet; `apq run` measures what it does", o.study.string()));
  auto const work = collected(layout);
  fp::Declared declared;
  if (!o.grid.empty()) declared.site = fp::grid_of(o.grid);
  if (!o.reference.empty()) declared.reference = fp::grid_of(o.reference);
  if (o.pue > 0) declared.pue = o.pue;
  if (o.embodied_kg > 0)
    declared.embodied = fp::Embodied{
        .total_gco2e = 1000 * o.embodied_kg, .lifespan_h = o.lifespan_years * 365 * 24, .reserved_h = 0, .resource_share = o.share};
  if (!o.per.empty()) {
    double labels = 0;
    for (auto const& stage : work) labels += static_cast<double>(stage.pieces);
    if (o.per == "label" && labels == 0)
      throw Error(Errc::data,
                  fmt::format("{}: no collection is finished, so there is no number of labels; give --per study", o.study.string()));
    declared.functional_unit = o.per;
    declared.functional_units = o.per == "label" ? labels : 1;
  }
  auto const footprint = fp::footprint_of(ledger, declared);
  std::vector<fp::Elsewhere> places;
  for (int const ranks : o.ranks) places.push_back({.ranks = ranks, .grid = {}});
  for (auto const& grid : o.grids) places.push_back({.ranks = {}, .grid = fp::grid_of(grid)});
  auto const rows = places.empty() ? std::vector<fp::WhatIf>{} : fp::what_if(footprint, work, places);
  if (o.format == "json") return fp::footprint_json(footprint, rows);
  return fp::footprint_table(footprint) + (rows.empty() ? "" : "\n" + fp::what_if_table(rows));
}

}  // namespace

Body add_footprint(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("study", o->study, "Study directory")->required();
  app.add_option("--grid", o->grid,
                 "Grid of the site: a country's three letters (ISO 3166-1), or gCO2e/kWh (default: what the ledger was written with)");
  app.add_option("--reference", o->reference, "Grid to compare on, likewise (default: the average of the world)");
  app.add_option("--pue", o->pue, "Power usage effectiveness (default: the ledger's)")->check(within(1.0, 10.0));
  app.add_option("--per", o->per, "Functional unit of the Software Carbon Intensity (default: none, and so no score)")
      ->check(CLI::IsMember({"label", "study"}));
  app.add_option("--embodied", o->embodied_kg, "kgCO2e of making all nodes of the study (default: not declared)")->check(within(0.0, 1e9));
  app.add_option("--lifespan", o->lifespan_years, "Years they are in use")->check(within(0.01, 100.0))->capture_default_str();
  app.add_option("--share", o->share, "Part of them that was reserved")->check(within(0.0, 1.0))->capture_default_str();
  app.add_option("--what-if-ranks", o->ranks, "The same study on so many ranks")->delimiter(',')->check(within(1, 10'000'000));
  app.add_option("--what-if-grid", o->grids, "The same study on other grids")->delimiter(',');
  app.add_option("--format", o->format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq footprint runs/quickstart --grid DEU --per label --what-if-ranks 16,64 --what-if-grid FRA,POL\n"
      "What is measured and what is declared: docs/footprint.md. Nothing is asked of the network.");
  return [o](mpi::Communicator const& world) {
    mpi::collectively(world, [&] {
      if (world.is_root()) print(answer(*o));
    });
    return 0;
  };
}

}  // namespace apq::app
