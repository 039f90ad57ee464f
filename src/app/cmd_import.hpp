#pragma once

#include "app/command.hpp"

namespace apq::app {

/// `apq import KIND`: one kind a file, src/app/cmd_import_KIND.cpp; cmd_import.cpp lists them.
Body add_import_weights(CLI::App& app);
Body add_import_table(CLI::App& app);
Body add_import_predictor(CLI::App& app);

}  // namespace apq::app
