#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/h5/dataset.hpp"
#include "common/space/search_space.hpp"

namespace apq::collect {

/// One stage's shards as they lie on a disk, whether a study's or alone.
struct StoredStage {
  std::string name;  ///< "fp", "quant"; of a directory outside a study its own name
  std::filesystem::path directory, joined;

  /// All rows; a shard that the joined file lists and that is gone is an error, not fewer rows. @throws as h5::read_stage.
  h5::Dataset read() const { return h5::read_stage(directory, joined); }
};

/// A study has shards/.
bool is_study(std::filesystem::path const& directory);

/// Of a study, shards/fp and shards/quant as far as they hold shards; any other directory must hold one stage's shards itself.
/// @throws Error(io) when there is no such directory, Error(data) when it holds no shards.
std::vector<StoredStage> stored_stages(std::filesystem::path directory);

/// The file of a search space: `given`; where that is empty, the study's where it can be read (why not is logged), or the space.yaml beside
/// shards that have no study (a published folder). Empty: none is known.
std::filesystem::path space_file_of_stored(std::filesystem::path const& directory, std::filesystem::path const& given);
/// The space of that file. @throws as space::load_space, for `given` and space.yaml.
std::optional<space::SearchSpace> space_of_stored(std::filesystem::path const& directory, std::filesystem::path const& given);

/// Of stages by name and content hash, as stored_hash() has it of a study.
std::string hash_of_stages(std::vector<std::pair<std::string, std::string>> const& stages);

/// Of a study all its stages' rows, else one stage's. Equal data, equal hash: 64 hex digits. @throws as stored_stages and read.
std::string stored_hash(std::filesystem::path const& directory);

}  // namespace apq::collect
