#include "app/command.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/core/build_info.hpp"
#include "common/core/error.hpp"
#include "common/mpi/launcher.hpp"

namespace apq::app {

// Here and not in the header, so that a new command compiles this file and its own.
#define APQ_COMMAND(name, needs, summary) Body add_##name(CLI::App& app);
#include "app/commands.def"
#undef APQ_COMMAND

namespace {

#ifdef APQ_HOLDS_TORCH_COMMANDS
#define APQ_HELD_torch(add) add
#else
#define APQ_HELD_torch(add) nullptr
#endif
#define APQ_HELD_mpi(add) add
#define APQ_HELD_nothing(add) add
#define APQ_COMMAND(name, needs, summary) {#name, summary, Needs::needs, APQ_HELD_##needs(add_##name)},
constexpr Command all[] = {
#include "app/commands.def"
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

int run_command(mpi::Communicator const& world, int argc, char** argv) {
  CLI::App app("apq: jointly searched, pruned and mixed-precision networks (APQ, CVPR 2020), on one core or a cluster", "apq");
  app.set_version_flag("--version", "apq " + build_info().version_and_commit());
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);
  app.footer(
      "Example:\n  mpirun -n 2 apq run --config configs/quickstart.yaml\n\n`apq COMMAND --help` explains each command. "
      "Every command runs alone, under mpirun and under srun.");
  std::vector<std::pair<CLI::App*, Body>> bodies;
  for (auto const& command : all) {
    auto* const sub = app.add_subcommand(command.name, command.summary);
    if (std::string_view(command.summary).empty()) sub->group("");
    if (command.add != nullptr) bodies.emplace_back(sub, command.add(*sub));
  }
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    // Every rank parses the same line; one of them speaks.
    int const status = world.is_root() ? app.exit(e) : e.get_exit_code();
    return status == 0 ? 0 : 2;
  }
  for (auto const& [sub, body] : bodies) {
    if (!sub->parsed()) continue;
    // Each would do all of the work, at the same time and in the same places. The doctor tells it among the rest.
    auto const tasks = mpi::separate_tasks(world.size());
    if (tasks && sub->get_name() != "doctor") {
      if (tasks->is_first) fmt::print(stderr, "apq: error: {}\n", mpi::separate_tasks_text(tasks->number));
      return static_cast<int>(Errc::mpi);
    }
    return body(world);
  }
  return 2;  // not reached: a subcommand is required
}

}  // namespace apq::app
