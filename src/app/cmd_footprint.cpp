#include "app/command.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "common/core/directory_name.hpp"
#include "common/mpi/collectives.hpp"
#include "footprint/breakdown.hpp"
#include "footprint/emissions.hpp"
#include "footprint/footprint_text.hpp"
#include "footprint/question.hpp"

namespace apq::app {
namespace {

struct Options : footprint::Question {
  std::filesystem::path study;
  std::string by = "stage", format = "table";
};

std::string table_of(footprint::Answer const& a, std::string const& by) {
  if (by == "job") return footprint::jobs_table(footprint::by_job(a.runs));
  if (by == "node") return footprint::shares_table("node", footprint::by_node(a.runs));
  if (by == "device") return footprint::shares_table("device", footprint::by_device(a.runs));
  return footprint::footprint_table(a.footprint) + (a.what_if.empty() ? "" : "\n" + footprint::what_if_table(a.what_if));
}

std::string text_of(Options const& o) {
  auto const answer = footprint::answer_of({o.study}, o);
  if (o.format == "json") return footprint::footprint_json(answer.footprint, answer.runs, answer.what_if);
  if (o.format == "emissions") {
    auto const project = directory_name(o.study).filename().string();
    return footprint::emissions_csv(footprint::emissions_of(answer.runs, project, answer.declared));
  }
  return table_of(answer, o.by);
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
  auto* const embodied = app.add_option("--embodied", o->embodied_kg, "kgCO2e of making all nodes of the study (default: not declared)")
                             ->check(within(0.0, 1e9));
  app.add_option("--lifespan", o->lifespan_years, "Years they are in use")
      ->needs(embodied)
      ->check(within(0.01, 100.0))
      ->capture_default_str();
  app.add_option("--share", o->share, "Part of them that was reserved")->needs(embodied)->check(within(0.0, 1.0))->capture_default_str();
  app.add_option("--what-if-ranks", o->ranks, "The same study on so many ranks")->delimiter(',')->check(within(1, 10'000'000));
  app.add_option("--what-if-grid", o->grids, "The same study on other grids")->delimiter(',');
  app.add_option("--what-if-plan", o->plans,
                 "The same study as planned on other processors or GPUs: files that `apq plan --format json` printed there")
      ->allow_extra_args(false);
  app.add_option("--by", o->by, "Whose the hours and the energy of the table are")
      ->check(CLI::IsMember({"stage", "job", "node", "device"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "Output; emissions: a line a run, with the columns of CodeCarbon's emissions.csv")
      ->check(CLI::IsMember({"table", "json", "emissions"}))
      ->capture_default_str();
  app.footer(
      "Example:\n  apq footprint runs/quickstart --grid DEU --per label --what-if-ranks 16,64 --what-if-grid FRA,POL\n"
      "What is measured and what is declared: docs/footprint.md. Nothing is asked of the network.");
  return [o](mpi::Communicator const& world) {
    mpi::collectively(world, [&] {
      if (world.is_root()) print(text_of(*o));
    });
    return 0;
  };
}

}  // namespace apq::app
