#include <CLI/CLI.hpp>

#include <cstdio>
#include <vector>

#include "app/command.hpp"
#include "common/core/build_info.hpp"
#include "common/core/heap.hpp"
#include "common/mpi/run_main.hpp"

namespace {

using apq::app::Body;
using apq::app::Register;

struct Command {
  char const* name;
  char const* summary;
  Register add;
};

constexpr Command commands[] = {
    {"run", "All stages of a study, from images to the report; what is done already is not done again", apq::app::add_run},
    {"plan", "What a study will take: hours, energy, memory and disk, from a few measured samples", apq::app::add_plan},
    {"supernet", "Train the once-for-all network that subnets are sliced from", apq::app::add_supernet},
    {"collect", "Label sampled subnets: full precision or quantised", apq::app::add_collect},
    {"train", "Fit the accuracy predictors and measure what the transfer gains", apq::app::add_train},
    {"search", "Evolve subnets under latency, energy, BitOps or size limits", apq::app::add_search},
    {"report", "Write the study's report.html", apq::app::add_report},
    {"eval", "Accuracy of given subnets", apq::app::add_eval},
    {"data", "List, verify, hash, export or join the collected datasets", apq::app::add_data},
    {"space", "Size of a search space; random subnets of it", apq::app::add_space},
    {"cost", "MACs, parameters, BitOps, size, latency and energy of given subnets", apq::app::add_cost},
    {"encode", "One-hot encoding of given subnets", apq::app::add_encode},
    {"import", "What others made: checkpoints, accuracy tables", apq::app::add_import},
    {"doctor", "What this machine and this build can do", apq::app::add_doctor},
};

int run(apq::mpi::Communicator const& world, int argc, char** argv) {
  CLI::App app("apq: jointly searched, pruned and mixed-precision networks (APQ, CVPR 2020), on one core or a cluster", "apq");
  app.set_version_flag("--version", "apq " + apq::build_info().version);
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);
  app.footer("Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml\n\n`apq COMMAND --help` explains each command. "
             "Every command runs alone, under mpirun and under srun.");
  std::vector<std::pair<CLI::App*, Body>> bodies;
  for (auto const& command : commands) {
    auto* const sub = app.add_subcommand(command.name, command.summary);
    bodies.emplace_back(sub, command.add(*sub));
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
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  apq::keep_freed_memory();
  return apq::mpi::run_main(argc, argv, run);
}
