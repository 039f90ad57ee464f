#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/h5/dataset.hpp"

namespace apq::h5 {

/// A file of virtual datasets that joins the shards of `dataset` into one array each, for h5py; its dataset `manifest` lists them
/// ("SHA-256 rows path" a line, paths relative to the file). No shard is opened. HDF5 itself reads the rows of a missing shard as
/// fill values: NaN, and the largest number of the type. @throws Error(data) when there is no shard.
void write_joined(Dataset const& dataset, std::filesystem::path const& file);

/// A joined file's manifest, in its order; `bytes` is not known there. @throws Error(data) when the file is damaged.
std::vector<ShardFile> read_manifest(std::filesystem::path const& file);

/// The manifest of a joined file; absent where there is none, or a damaged one, which is told as a warning: a joined file holds nothing
/// of its own.
std::optional<std::vector<ShardFile>> sound_manifest(std::filesystem::path const& file);

/// @throws Error(data) naming the first shard of a joined file's manifest that is missing from `dataset` or has changed otherwise than
///         by more rows. The dataset may have more shards. Where jobs are at work, the manifest must have been read before the dataset was.
void check_joined(std::filesystem::path const& file, std::vector<ShardFile> const& manifest, Dataset const& dataset);

/// Whether the file is there, readable and joins exactly these shards.
bool joins(std::filesystem::path const& file, Dataset const& dataset);

}  // namespace apq::h5
