#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "common/h5/shard_header.hpp"
#include "dataset/publication.hpp"

namespace apq::dataset {

inline constexpr RecordFormat published_format{"apq published dataset", 1, "`apq data publish` makes it anew"};

/// dataset.json: what a published folder is, as far as a machine reads it.
struct PublishedRecord {
  struct Stage {
    std::size_t rows = 0;
    std::string content_hash;
    h5::ShardHeader header;  ///< of its rows, without the configuration
  };
  std::string name, release, date, license, content_hash;  ///< license empty: not declared
  SplitRule split;                                         ///< of the first stage; the others' are the same in a study
  std::vector<Stage> stages;
};

PublishedRecord record_of(PublishedFacts const& facts);

/// Whether dataset.json is there.
bool is_published(std::filesystem::path const& folder);
/// @throws Error(io).
void write_published(std::filesystem::path const& folder, PublishedRecord const& record);
/// @throws Error as read_record.
PublishedRecord read_published(std::filesystem::path const& folder);

/// @throws Error(data) naming the first of these files that is not as SHA256SUMS lists it, Error(io) where there is none.
void require_checksums(std::filesystem::path const& folder, std::vector<std::string> const& files);

/// Paths in SHA256SUMS, sorted. @throws Error(io) where there is none.
std::vector<std::string> listed_files(std::filesystem::path const& folder);

/// Where the folder is a published one: its record says that it has these rows. @throws Error(data) where it says otherwise.
void require_as_published(std::filesystem::path const& folder, h5::Dataset const& dataset);

}  // namespace apq::dataset
