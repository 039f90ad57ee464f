#pragma once

#include <functional>
#include <span>

#include <CLI/CLI.hpp>

#include "common/mpi/communicator.hpp"

namespace apq::app {

/// A command adds its options to `app` and returns what to run once they are parsed: exit status out.
/// One file per command, src/app/cmd_NAME.cpp; commands.def lists them. Options live in a shared_ptr that both lambdas hold.
/// `--format json` prints one JSON value on standard output from rank 0 and nothing else there; logs go to standard error.
using Body = std::function<int(mpi::Communicator const& world)>;
using Register = Body (*)(CLI::App& app);

/// What must be there before a command can begin; each includes what stands before it.
enum class Needs {
  nothing,  ///< MPI only where a launcher started it
  mpi,
  torch,  ///< LibTorch, which takes a second to load and is linked into `apq-torch` alone
};

struct Command {
  char const* name;
  char const* summary;  ///< empty: left out of the help
  Needs needs;
  Register add;  ///< nullptr in `apq` for those that need LibTorch; `apq-torch` holds all
};

/// All commands, in the order of the help.
std::span<Command const> commands();

/// The command that a line names (its first word that is no flag); nullptr: none of them.
Command const* named_command(int argc, char const* const* argv);

/// Parses the line and runs its command. Commands that this executable does not hold are in the help only. Collective over `world`.
int run_command(mpi::Communicator const& world, int argc, char** argv);

}  // namespace apq::app
