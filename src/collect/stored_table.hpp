#pragma once

#include <filesystem>

#include "common/core/study_layout.hpp"
#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"

// Rows that others made, as a stage of a study.
namespace apq::collect {

/// A study that has a configuration must be of this space. @throws Error(data) naming both.
void require_space(std::filesystem::path const& study, space::SearchSpace const& space);

/// Whether the stage holds these very rows; false where it has none. @throws Error(data) when it holds others.
bool holds_table(StudyLayout const& layout, h5::Shard const& shard);

/// Writes one shard, however many rows: it appears whole or not at all. A stage that holds these very rows stays as it is. Local; holds the
/// directory's lock. @return whether the rows were there. @throws as holds_table; Error(io).
bool store_table(StudyLayout const& layout, h5::Shard const& shard);

}  // namespace apq::collect
