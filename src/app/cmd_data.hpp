#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace apq::app {

/// `apq data VERB`: adds its options and returns what to run once they are parsed, which prints its answer and returns the exit status.
/// Local. One group of verbs a file, src/app/cmd_data_*.cpp; cmd_data.cpp lists them.
using Verb = std::function<int()>;

Verb add_list_data(CLI::App& app);
Verb add_verify_data(CLI::App& app);
Verb add_hash_data(CLI::App& app);
Verb add_export_data(CLI::App& app);
Verb add_join_data(CLI::App& app);
Verb add_query_data(CLI::App& app);
Verb add_diff_data(CLI::App& app);
Verb add_merge_data(CLI::App& app);
Verb add_publish_data(CLI::App& app);
Verb add_provenance_data(CLI::App& app);

/// `--format FIRST|SECOND`; the first is the default.
inline void add_format(CLI::App& app, std::string& format, std::string const& first, std::string const& second) {
  format = first;
  app.add_option("--format", format, first + " (default) or " + second)->check(CLI::IsMember({first, second}));
}

}  // namespace apq::app
