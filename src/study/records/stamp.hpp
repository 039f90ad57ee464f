#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "study/file_digest.hpp"
#include "study/settings.hpp"

namespace apq::study {

inline constexpr RecordFormat stamp_format{"apq stamp", 1, "its stage is done again"};

/// A file that a stage wrote.
struct StampedFile {
  std::string path;  ///< relative to the study's directory
  FileDigest digest;
};

/// Written last by a finished stage: what it read and what it wrote.
struct Stamp {
  std::string stage, finished, code_version;  ///< finished: UTC, ISO 8601
  /// Everything the result depends on, by the name that messages use: settings as text, files and datasets as digests, images as
  /// fingerprints.
  Settings inputs;
  std::map<std::string, FileDigest> input_files;  ///< of the inputs that are files: by absolute path
  std::vector<StampedFile> outputs;
  /// Of a collection, what is known of its rows without reading a shard: "rows" -> content hash, "num_rows", "label.NAME" -> the parts
  /// of their identity.
  std::map<std::string, std::string> contents;
};

/// @throws Error as read_record.
Stamp read_stamp(std::filesystem::path const& file);
void write_stamp(std::filesystem::path const& file, Stamp const& stamp);

}  // namespace apq::study
