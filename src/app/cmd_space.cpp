#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/encoding.hpp"
#include "common/space/net_config.hpp"
#include "common/space/subnet_json.hpp"

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

nlohmann::json random_subnets(space::SearchSpace const& space, Options const& o) {
  auto subnets = nlohmann::json::array();
  for (int i = 0; i < o.num_random; ++i) {
    RandomStream random(o.seed, "space.random", static_cast<std::uint64_t>(i));
    auto const genes = space::random_genes(space, random, o.stage == "quant");
    subnets.push_back(space::to_json(space, space::subnet_of(space, genes)));
  }
  return subnets;
}

nlohmann::json largest_subnet(space::SearchSpace const& space, std::vector<int> const& bits) {
  auto subnet = space::largest_subnet(space);
  if (!bits.empty()) subnet.bits = space::uniform_bits(space, bits[0], bits[1]);
  space::genes_of(space, subnet);  // refuses a forbidden combination
  return nlohmann::json::array({space::to_json(space, subnet)});
}

std::string from_net(Options const& o) {
  auto const text = space::space_file_of(read_file(o.net), o.net.string());
  auto const space = space::parse_space(text, o.net.string());
  replace_file(o.output, text);
  return fmt::format("{}: {} blocks in {} stages, {:.4g} architectures\n", o.output.string(), space.num_blocks(), space.num_stages(),
                     count(space).architectures);
}

std::string table_of(space::SearchSpace const& space) {
  auto const size = count(space);
  space::Encoding const encoding(space);
  auto text = fmt::format("{} (hash {})\n", space.name, space.hash);
  text += fmt::format("  image           {} x {} x {}, {} classes\n", space.image_channels, space.image_size, space.image_size,
                      space.num_classes);
  if (space.num_size_genes() > 0)
    text +=
        fmt::format("  image sizes     {} from {} to {}\n", space.image_sizes.size(), space.image_sizes.front(), space.image_sizes.back());
  text += fmt::format("  blocks          {} in {} stages\n", space.num_blocks(), space.num_stages());
  text += fmt::format("  architectures   {:.4g}\n", size.architectures);
  text += fmt::format("  with bit widths {:.4g}\n", size.joint);
  text += fmt::format("  genes           {} (full precision: {})\n", space.num_genes(), space.num_architecture_genes());
  text += fmt::format("  encoding        {} (full precision: {})\n", encoding.full_size(), encoding.architecture_size());
  return text;
}

std::string answer(Options const& o) {
  if (o.space.empty()) throw Error(Errc::config, "--space: is required; give a space file (YAML)");
  auto const space = space::load_space(o.space);
  if (o.num_random > 0 || o.largest) {
    auto const subnets = o.largest ? largest_subnet(space, o.bits) : random_subnets(space, o);
    if (o.format == "json") return subnets.dump() + "\n";
    std::string lines;
    for (auto const& subnet : subnets) lines += subnet.dump() + "\n";
    return lines;
  }
  if (o.format == "table") return table_of(space);
  auto const size = count(space);
  space::Encoding const encoding(space);
  nlohmann::json const json{{"architectures", size.architectures},
                            {"joint", size.joint},
                            {"genes", space.num_genes()},
                            {"encoding", {encoding.architecture_size(), encoding.full_size()}},
                            {"name", space.name},
                            {"hash", space.hash}};
  return json.dump() + "\n";
}

}  // namespace

Body add_space(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->space, "Search space, a YAML file or a net config (JSON)");
  auto* const random =
      app.add_option("--random", o->num_random, "Print so many random subnets instead of the size")->check(CLI::Range(1, 1'000'000));
  auto* const largest = app.add_flag("--largest", o->largest, "Print the largest subnet instead of the size")->excludes(random);
  app.add_option("--bits", o->bits, "Bits of weights and activations of the largest subnet")->delimiter(',')->expected(2)->needs(largest);
  app.add_option("--seed", o->seed, "Seed of the random subnets")->capture_default_str();
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
      else if (world.is_root()) text = from_net(*o);
    });
    if (world.is_root()) std::fputs(text.c_str(), stdout);
    return 0;
  };
}

}  // namespace apq::app
