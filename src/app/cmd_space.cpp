#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/space_summary.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path space;
  std::filesystem::path net, output;  // of from-net
  int num_random = 0;
  bool largest = false;
  std::vector<int> bits;  // weights, activations; empty: full precision
  std::uint64_t seed = 1;
  std::string stage = "quant", format = "table";
};

std::string answer(Options const& o) {
  if (o.space.empty()) throw Error(Errc::config, "--space: is required; give a space file (YAML)");
  auto const space = space::load_space(o.space);
  if (o.num_random == 0 && !o.largest) return (o.format == "table" ? space::summary_table : space::summary_json)(space);
  auto const subnets =
      o.largest ? space::largest_subnet_json(space, o.bits) : space::random_subnets(space, o.seed, o.num_random, o.stage == "quant");
  if (o.format == "json") return subnets.dump() + "\n";
  std::string lines;
  for (auto const& subnet : subnets) lines += subnet.dump() + "\n";
  return lines;
}

}  // namespace

Body add_space(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->space, "Search space, a YAML file or a net config (JSON)");
  auto* const random =
      app.add_option("--random", o->num_random, "Print so many random subnets instead of the size")->check(within(1, 1'000'000));
  auto* const largest = app.add_flag("--largest", o->largest, "Print the largest subnet instead of the size")->excludes(random);
  app.add_option("--bits", o->bits, "Bits of weights and activations of the largest subnet")
      ->delimiter(',')
      ->expected(2)
      ->check(within(2, 8))
      ->needs(largest);
  app.add_option("--seed", o->seed, "Seed of the random subnets")->check(any_seed())->capture_default_str();
  app.add_option("--stage", o->stage, "fp: full precision; quant: with bit widths")
      ->check(CLI::IsMember({"fp", "quant"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Examples:\n  apq space --space configs/spaces/apq_imagenet.yaml\n"
      "  apq space --space configs/spaces/apq_imagenet.yaml --random 10 --seed 3 --format json > "
      "subnets.json\n"
      "  apq space --space S.yaml --largest --bits 8,8 --format json > w8a8.json\n"
      "  apq space from-net NET.json -o S.yaml");
  auto* const net = app.add_subcommand("from-net", "The space around one trained network");
  net->add_option("net", o->net, "Net config of the ProxylessNAS family (JSON)")->required();
  net->add_option("-o,--output", o->output, "Space file to write (YAML)")->required();
  return [o, net](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] {
      if (!net->parsed()) text = answer(*o);
      else if (world.is_root()) text = space::write_space_of_net(o->net, o->output);
    });
    if (world.is_root()) print(text);
    return 0;
  };
}

}  // namespace apq::app
