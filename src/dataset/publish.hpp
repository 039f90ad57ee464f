#pragma once

#include <filesystem>

#include "dataset/publication.hpp"

namespace apq::dataset {

/// Writes a folder of shards (collect::stored_stages) as the folder `output` that others can use without apq: shards, a mirror of the rows
/// in CSV and JSON lines, the search space, fixed splits, environment, data card, Croissant metadata, citation, licence and checksums
/// (docs/datasets.md). It appears whole. An older published folder of that name is replaced.
/// @param space_file  empty: the study's, which must be the rows'
/// @param said        an empty name: the folder's; an empty date: today's, UTC
/// @return what was published.
/// @throws Error(data) when the search space is not known or not the rows', when shards change meanwhile; Error(io) when `output` is there
///         and is no published folder; Error(config) for a date or release that is none; as collect::stored_stages.
PublishedFacts publish(std::filesystem::path const& directory, std::filesystem::path const& space_file, std::filesystem::path const& output,
                       Publication said);

}  // namespace apq::dataset
