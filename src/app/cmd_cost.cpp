#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_model.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path space, subnets, table, hardware;
  std::string basis = "paper", format = "table";
};

nlohmann::json json_of(cost::Cost const& c) {
  auto whole = [](double count) { return static_cast<std::int64_t>(count); };
  return {{"macs", whole(c.macs)},      {"params", whole(c.params)},  {"bitops", whole(c.bitops)},
          {"size_bytes", c.size_bytes}, {"latency_ms", c.latency_ms}, {"energy_mj", c.energy_mj}};
}

std::string row_of(std::size_t index, cost::Cost const& c) {
  auto number = [](double value) { return std::isnan(value) ? std::string("-") : fmt::format("{:.3f}", value); };
  return fmt::format("{:>6} {:>9.1f} {:>9.3f} {:>9.2f} {:>9.3f} {:>11} {:>10}\n", index, c.macs * 1e-6, c.params * 1e-6, c.bitops * 1e-9,
                     c.size_bytes * 1e-6, number(c.latency_ms), number(c.energy_mj));
}

std::string answer(Options const& o) {
  auto const space = space::load_space(o.space);
  auto const subnets = space::load_subnets(space, o.subnets);
  cost::CostModel const model(
      space, {.basis = o.basis == "paper" ? cost::Basis::paper : cost::Basis::complete, .table = o.table, .hardware = o.hardware});
  auto json = nlohmann::json::array();
  auto table = fmt::format("{}\n{:>6} {:>9} {:>9} {:>9} {:>9} {:>11} {:>10}\n", model.description(), "subnet", "MACs M", "params M",
                           "BitOps G", "size MB", "latency ms", "energy mJ");
  for (std::size_t i = 0; i < subnets.size(); ++i) {
    auto const cost = model(space::genes_of(space, subnets[i]));
    json.push_back(json_of(cost));
    table += row_of(i, cost);
  }
  return o.format == "json" ? json.dump() + "\n" : table;
}

}  // namespace

Body add_cost(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->space, "Search space, a YAML file")->required();
  app.add_option("--subnets", o->subnets, "Subnets, a JSON file")->required();
  app.add_option("--table", o->table, "Latency and energy per layer, JSON (default: the analytic BitFusion model)");
  app.add_option("--hardware", o->hardware, "Accelerator of the analytic model, YAML (default: BitFusion edge)");
  app.add_option("--basis", o->basis,
                 "What latency and energy sum: paper leaves out the first block and the "
                 "classifier, as the release does")
      ->check(CLI::IsMember({"paper", "complete"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "MACs, parameters, BitOps and size always cover the whole network. Subnets without bit "
      "widths count as 32 bit and\n"
      "have no latency or energy (null in JSON).\n\n"
      "Example:\n  apq space --space configs/spaces/apq_imagenet.yaml --random 3 --format json > "
      "subnets.json\n"
      "  apq cost --space configs/spaces/apq_imagenet.yaml --subnets subnets.json --basis "
      "complete");
  return [o](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] { text = answer(*o); });
    if (world.is_root()) std::fputs(text.c_str(), stdout);
    return 0;
  };
}

}  // namespace apq::app
