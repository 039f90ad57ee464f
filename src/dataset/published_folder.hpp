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

}  // namespace apq::dataset
