#include "app/command.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/core/build_info.hpp"
#include "common/core/error.hpp"

namespace apq::app {
namespace {

constexpr Command all[] = {
    {"run", "All stages of a study, from images to the report; what is done already is not done again", Needs::torch},
    {"status", "Where a study stands: stages done, stale and why, rows, cost", Needs::nothing},
    {"plan", "What a study will take: hours, energy, memory and disk, from a few measured samples", Needs::torch},
    {"supernet", "Train the once-for-all network that subnets are sliced from", Needs::torch},
    {"collect", "Label sampled subnets: full precision or quantised", Needs::torch},
    {"train", "Fit the accuracy predictors and measure what the transfer gains", Needs::torch},
    {"search", "Evolve subnets under latency, energy, BitOps or size limits", Needs::torch},
    {"report", "Write the study's report.html", Needs::torch},
    {"eval", "Accuracy of given subnets", Needs::torch},
    {"data", "List, verify, hash, export or join the collected datasets", Needs::nothing},
    {"space", "Size of a search space; random subnets of it", Needs::nothing},
    {"cost", "MACs, parameters, BitOps, size, latency and energy of given subnets", Needs::nothing},
    {"encode", "One-hot encoding of given subnets", Needs::nothing},
    {"import", "What others made: checkpoints, accuracy tables, predictors", Needs::torch},
    {"doctor", "What this machine and this build can do", Needs::mpi},
};

}  // namespace

std::span<Command const> commands() { return all; }

Command const* named_command(int argc, char const* const* argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    if (word.starts_with('-')) continue;
    auto const* const found = std::find_if(std::begin(all), std::end(all), [&](Command const& c) { return c.name == word; });
    return found == std::end(all) ? nullptr : found;
  }
  return nullptr;
}

int run_command(mpi::Communicator const& world, int argc, char** argv, std::span<Held const> held) {
  CLI::App app("apq: jointly searched, pruned and mixed-precision networks (APQ, CVPR 2020), on one core or a cluster", "apq");
  app.set_version_flag("--version", "apq " + build_info().version);
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);
  app.footer(
      "Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml\n\n`apq COMMAND --help` explains each command. "
      "Every command runs alone, under mpirun and under srun.");
  std::vector<std::pair<CLI::App*, Body>> bodies;
  for (auto const& command : all) {
    auto* const sub = app.add_subcommand(command.name, command.summary);
    for (auto const& own : held)
      if (std::string_view(own.name) == command.name) bodies.emplace_back(sub, own.add(*sub));
  }
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    // Every rank parses the same line; one of them speaks.
    int const status = world.is_root() ? app.exit(e) : e.get_exit_code();
    return status == 0 ? 0 : 2;
  }
  for (auto const& [sub, body] : bodies)
    if (sub->parsed()) return body(world);
  throw Error(Errc::config, fmt::format("{}: is not a command of this executable; start it with `apq {}`", argv[1], argv[1]));
}

}  // namespace apq::app
