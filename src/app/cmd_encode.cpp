#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/print.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/encoding.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path space, subnets;
  std::string format = "table";
};

std::string answer(Options const& o) {
  auto const space = space::load_space(o.space);
  space::Encoding const encoding(space);
  auto json = nlohmann::json::array();
  std::string lines;
  for (auto const& subnet : space::load_subnets(space, o.subnets)) {
    auto const ones = encoding.ones(space::genes_of(space, subnet));
    json.push_back(ones);
    lines += fmt::format("{}\n", fmt::join(ones, " "));
  }
  return o.format == "json" ? json.dump() + "\n" : lines;
}

}  // namespace

Body add_encode(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->space, "Search space, a YAML file")->required();
  app.add_option("--subnets", o->subnets, "Subnets, a JSON file: an array, one, or a study's winner")->required();
  app.add_option("--format", o->format, "table (one line per subnet) or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.footer(
      "Prints the positions of the ones, counted from 0, in the vector that the predictor sees.\n\n"
      "Example:\n  apq encode --space configs/spaces/apq_imagenet.yaml --subnets subnets.json "
      "--format json");
  return [o](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] { text = answer(*o); });
    if (world.is_root()) print(text);
    return 0;
  };
}

}  // namespace apq::app
