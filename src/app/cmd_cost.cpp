#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/print.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_json.hpp"
#include "common/cost/cost_model.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path space, subnets, table, hardware;
  std::string basis = "paper", format = "table";
};

std::string answer(Options const& o) {
  auto const space = space::load_space(o.space);
  auto const subnets = space::load_subnets(space, o.subnets);
  cost::CostModel const model(
      space, {.basis = o.basis == "paper" ? cost::Basis::paper : cost::Basis::complete, .table = o.table, .hardware = o.hardware});
  auto json = nlohmann::ordered_json::array();
  auto table = model.description() + "\nsubnet";
  for (auto const& row : cost::metrics) table += fmt::format(" {:>12}", cost::column_title(row));
  for (std::size_t i = 0; i < subnets.size(); ++i) {
    auto const cost = model(space::genes_of(space, subnets[i]));
    json.push_back(cost::cost_to_json(cost));
    table += fmt::format("\n{:>6}", i);
    for (auto const& row : cost::metrics) table += fmt::format(" {:>12}", cost::column_cell(row, cost.*row.field));
  }
  table += "\n";
  return o.format == "json" ? json.dump() + "\n" : table;
}

}  // namespace

Body add_cost(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->space, "Search space, a YAML file")->required();
  app.add_option("--subnets", o->subnets, "Subnets, a JSON file: an array, one, or a study's winner")->required();
  app.add_option("--table", o->table, "Latency and energy per layer, JSON (default: the analytic BitFusion model)");
  app.add_option("--hardware", o->hardware, "Accelerator of the analytic model, YAML (default: BitFusion edge)");
  app.add_option("--basis", o->basis,
                 "What latency and energy sum: paper leaves out the first block and the "
                 "classifier, as the release does")
      ->check(CLI::IsMember({"paper", "complete"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  std::string meanings;
  for (auto const& row : cost::metrics)
    meanings += fmt::format("  {:<12} {}{}\n", row.name, row.meaning,
                            row.coverage == cost::Coverage::whole_network ? " (whole network, whatever the basis)" : "");
  app.footer(meanings +
             "Subnets without bit widths count as 32 bit; what the accelerator answers for is unknown then (null in JSON).\n\n"
             "Example:\n  apq space --space configs/spaces/apq_imagenet.yaml --random 3 --format json > "
             "subnets.json\n"
             "  apq cost --space configs/spaces/apq_imagenet.yaml --subnets subnets.json --basis "
             "complete");
  return [o](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] { text = answer(*o); });
    if (world.is_root()) print(text);
    return 0;
  };
}

}  // namespace apq::app
