#pragma once

#include <filesystem>
#include <string>

#include "common/net/weight_import.hpp"

namespace apq::net {

/// What `apq import weights` says: how the file was understood, a line a weight and what did not fit; or a JSON object, where bytes that
/// are no UTF-8 are replaced. Names of the file are printable.
std::string import_table(std::filesystem::path const& file, std::filesystem::path const& output, ImportedWeights const& imported);
/// The same with the first tensors in place of all weights, where nothing is written.
std::string dry_run_text(std::filesystem::path const& file, ImportedWeights const& imported);
std::string import_json(std::filesystem::path const& file, std::filesystem::path const& output, ImportedWeights const& imported);

}  // namespace apq::net
