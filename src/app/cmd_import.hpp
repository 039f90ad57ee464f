#pragma once

#include <filesystem>
#include <string>

#include "app/command.hpp"

namespace apq::app {

/// `apq import KIND`: one kind a file, src/app/cmd_import_KIND.cpp; cmd_import.cpp lists them.
Body add_import_weights(CLI::App& app);
Body add_import_table(CLI::App& app);
Body add_import_predictor(CLI::App& app);

inline constexpr char const* study_is_missing = "--study is missing: where the rows go (--dry-run shows them without one)";

/// `apq import table` of a published folder, which says itself how its rows are to be read: what there is to say. Local.
/// @param app  of the command: options that would say it otherwise are refused
std::string import_published_folder(CLI::App const& app, std::filesystem::path const& folder, std::filesystem::path const& study,
                                    bool dry_run, bool as_json);

}  // namespace apq::app
