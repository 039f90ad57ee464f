#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "study/file_digest.hpp"

namespace apq::study {

/// Counts the rows of a stage whose shards others write meanwhile: of a shard the ids are read, once for as long as it stays as it is.
class RowCount {
 public:
  explicit RowCount(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Different ids below `wanted`, or all of them where they were imported, in shards that can be read.
  std::uint64_t look(std::uint64_t wanted);

 private:
  struct Seen {
    FileState state;
    std::vector<std::uint64_t> ids;
    bool are_collected = true;
  };
  std::filesystem::path const directory_;
  std::map<std::filesystem::path, Seen> seen_;
};

}  // namespace apq::study
