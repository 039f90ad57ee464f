#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dataset/published_folder.hpp"

namespace apq::dataset {

/// What came of a published folder.
struct ImportedPublication {
  PublishedRecord record;
  std::vector<bool> was_there;  ///< of each stage: the study has these very rows
};

/// Reads the plain-text mirror of a published folder, rows/STAGE.jsonl, and makes it the rows of a study: ids, counts and all else as they
/// were published, so that `apq data hash` is that of the folder, and with its identity, so that rows of a rebuild merge with them. The
/// study gets the search space and a configuration, where it has none, with the seed of the fixed splits. Local; holds the directories'
/// locks. @param study  empty: everything is read and checked, and nothing written.
/// @throws Error(data) "FILE:LINE: ..." for a line that is no row of the space, rows whose content hash is not what dataset.json says, a
///         study of another space or with other rows; Error(io).
ImportedPublication import_published(std::filesystem::path const& folder, std::filesystem::path const& study);

/// What `apq import table` says of it.
std::string text_of(ImportedPublication const& imported, std::filesystem::path const& study);
std::string json_of(ImportedPublication const& imported);

}  // namespace apq::dataset
