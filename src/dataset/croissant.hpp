#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "dataset/publication.hpp"

namespace apq::dataset {

/// A file of a published folder.
struct PublishedFile {
  std::string path;  ///< relative to the folder, with /
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Croissant 1.1 metadata (JSON-LD, mlcommons.org/croissant/1.1) with its RAI fields (RAI/1.0): every file with its checksum, and the
/// columns of each stage's CSV as a record set.
Json croissant_of(PublishedFacts const& facts, std::vector<PublishedFile> const& files);

}  // namespace apq::dataset
