#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "common/mpi/communicator.hpp"

namespace apq::app {

/// A command adds its options to `app` and returns what to run once they are parsed: exit status out.
/// One file per command, src/app/cmd_NAME.cpp; main.cpp lists them. Options live in a shared_ptr that both lambdas hold.
/// `--format json` prints one JSON value on standard output from rank 0 and nothing else there; logs go to standard error.
using Body = std::function<int(mpi::Communicator const& world)>;
using Register = Body (*)(CLI::App& app);

Body add_space(CLI::App& app);
Body add_cost(CLI::App& app);
Body add_encode(CLI::App& app);
Body add_supernet(CLI::App& app);
Body add_collect(CLI::App& app);
Body add_data(CLI::App& app);
Body add_train(CLI::App& app);
Body add_search(CLI::App& app);
Body add_eval(CLI::App& app);
Body add_report(CLI::App& app);
Body add_run(CLI::App& app);
Body add_doctor(CLI::App& app);
Body add_import(CLI::App& app);

}  // namespace apq::app
