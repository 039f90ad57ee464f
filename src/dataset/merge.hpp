#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/merge_rows.hpp"

namespace apq::dataset {

/// What `apq data merge` made of one stage.
struct MergedStage {
  std::string stage;
  std::size_t first = 0, second = 0;  ///< rows of each side
  std::size_t folded = 0, rows = 0;   ///< ids with equal labels on both; rows of the result
  std::vector<std::string> contradictions;
};

/// Writes the rows of two folders of shards (collect::stored_stages), one shard a stage, as the new folder `output`, which appears whole.
/// Beside the shards lie a configuration of its own, with which `apq train --study` works, and the search space, where one of the two
/// folders tells its space. A stage that one side alone has is taken as it is.
/// @throws Error(data) when a stage's identities differ, naming each part with both values; when labels contradict each other and `choice`
///         is to refuse (the first in the message, up to 100 more in the log); when a folder of one stage meets one of another;
///         Error(io) when `output` is there; as collect::stored_stages.
std::vector<MergedStage> merge_datasets(std::filesystem::path const& first, std::filesystem::path const& second,
                                        std::filesystem::path const& output, OnContradiction choice);

/// A line a stage, and below it a line a contradiction; ends with a line feed.
std::string merge_table(std::vector<MergedStage> const& stages);
std::string merge_json(std::vector<MergedStage> const& stages);

}  // namespace apq::dataset
