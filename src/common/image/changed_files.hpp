#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/image/listing.hpp"

namespace apq::image {

/// What of a source changed after a moment, by its root's clock; sorted paths.
struct ChangedFiles {
  std::vector<std::string> files;    ///< written, moved or made since: pictures, shards, the list itself
  std::vector<std::string> folders;  ///< in which a name came or went since
};

/// Of a source that identifies another set than it did: which files to look at. It asks for the state of every file, so that it is for
/// messages alone. What cannot be asked counts as unchanged.
ChangedFiles changed_since(Listing const& listing, std::filesystem::file_time_type moment);

}  // namespace apq::image
