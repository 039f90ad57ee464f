#pragma once

#include <filesystem>
#include <string>

#include "common/net/weight_import.hpp"

namespace apq::net {

/// What `apq import weights` says: a line a weight and what did not fit; or a JSON object, where bytes that are no UTF-8 are replaced.
std::string import_table(std::filesystem::path const& output, ImportedWeights const& imported);
std::string import_json(std::filesystem::path const& file, std::filesystem::path const& output, ImportedWeights const& imported);

}  // namespace apq::net
