#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/config.hpp"
#include "common/image/listing.hpp"
#include "common/image/resize.hpp"

// Where images come from. A new kind of source is a file that makes a SourceKind and a line in the table of sources.cpp.
namespace apq::image {

/// What the search space asks of images.
struct ImageShape {
  int channels, size, num_classes;
  std::vector<int> smaller = {};  ///< where the space has several sizes: those below `size`
};

/// A source as it is configured.
struct SourceConfig {
  std::string kind = "idx";        ///< a name of the table
  std::vector<std::string> paths;  ///< a folder, a list, or the shards of a tar set (with braces and wildcards)
  std::filesystem::path root;      ///< list: what its paths are relative to; empty: the list's own folder
  std::filesystem::path classes;   ///< folder: the class list; empty: sorted order of the folders
};

/// One of the sizes that a picture is wanted in.
struct Target {
  Geometry geometry;
  std::span<std::uint8_t> out;  ///< uint8 [channels, crop, crop]
};

/// A listed source, being read by one thread.
class PictureReader {
 public:
  virtual ~PictureReader() = default;
  /// Picture `index` of the listing at every size, the largest first. @throws Error(data) with the reason alone when it is damaged,
  /// Error(io) when it cannot be read.
  virtual void read(std::size_t index, std::span<Target const> targets) = 0;
  /// What a decoder found odd in the last picture, which it read all the same; empty: nothing.
  virtual std::string warning() const { return {}; }
};

struct SourceKind {
  std::string name;   ///< its key in the configuration, and what a listing calls it
  std::string usage;  ///< for messages: "{tar: SHARDS}"
  /// Pixels of one channel at their final size, all in one stream: nothing is cropped, and one rank of a node reads for all of them. Else
  /// pictures, which are resized and cropped, and which the node's ranks share.
  bool is_raw;
  bool (*lies_at)(std::string const& path);     ///< for a path given without its kind; the first of the table that says so
  SourceConfig (*configured)(Config& section);  ///< from the section of the source, which has the key `name`
  Listing (*list)(SourceConfig const& source, bool is_training, ImageShape const& shape);
  /// How many images a listing would have, without asking more of the file system than that takes; may stop at `enough`.
  std::size_t (*count)(SourceConfig const& source, bool is_training, std::size_t enough);
  std::string (*picture_name)(Listing const& listing, std::size_t index);                   ///< for messages
  std::shared_ptr<PictureReader> (*open)(Listing const& listing, ImageShape const& shape);  ///< of a listing that outlives it
};

std::vector<SourceKind> const& source_kinds();
/// @throws Error(internal) for a name that is not in the table.
SourceKind const& source_kind(std::string_view name);

/// The source that lies at `path`: a directory with IDX files in it, any other directory, a tar file (by its content) or a
/// pattern of them, else a list. @throws Error(io) where nothing is.
SourceConfig guess_source(std::string const& path);

/// A section with the key of exactly one kind. @throws Error(config) of `parent`'s key `key`.
SourceConfig read_source(Config section, Config const& parent, std::string const& key);

}  // namespace apq::image
