#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/core/sha256.hpp"

namespace apq::image {

class PictureReader;

/// One image of a source: so many bytes of one of its files, and its class.
struct ImageEntry {
  std::uint32_t file;
  std::int32_t label;
  std::uint64_t offset, bytes;
};

/// What a source holds, known before a pixel is decoded. Every reader makes one; decoding needs nothing else.
struct Listing {
  std::string kind = "folder";     ///< a name of the table of sources (source.hpp)
  std::string where;               ///< what messages call it: the folder, the list, the first shard
  std::vector<std::string> files;  ///< for idx: the images, the labels
  std::vector<ImageEntry> entries;
  /// Identifies the set. idx: SHA-256 over the unpacked files. Others: over every image's name below its root, size
  /// and label, in order; not over contents, which would read all of ImageNet at every start (docs/images.md).
  std::string hash;
  std::shared_ptr<PictureReader> opened;  ///< on the rank that made the listing, where that took reading everything anyway
};

/// A folder per class, as ImageNet comes and torchvision's ImageFolder reads it, at any depth: the label is the class folder's place in
/// sorted order, or in the list `classes` (a class a line, its first word counts). Files that are no pictures (picture_files.hpp) are left
/// out, a class folder without a picture is a class all the same; both are said once. @throws Error(io) for what is absent, Error(data)
/// where the folders are not exactly `num_classes` and there is no list, a folder is not in the list, or nothing is there.
Listing list_folder(std::filesystem::path const& root, std::filesystem::path const& classes, int num_classes);

/// Every picture below `root`, labels 0: for calibration, which looks at no label.
Listing list_unlabelled(std::filesystem::path const& root);

/// A text file of `path label` a line (text_lines.hpp), paths from `root` (empty: the list's folder). Paths may hold spaces.
/// @throws Error(io), Error(data) naming the line.
Listing list_file(std::filesystem::path const& list, std::filesystem::path const& root, int num_classes);

/// WebDataset shards: `patterns` are paths with {0000..0146}, {a,b}, * ? [ ].
/// Samples are made as WebDataset's reader makes them: neighbours with one key (path up to the first dot of its last part) in any order;
/// the rest of the name, in lower case, says what each is. One is jpg, jpeg, png or webp, one is cls and holds a number; others are not
/// looked at. What has neither is left out and said once. @throws Error(io), Error(data) naming shard, sample and entry.
Listing list_tar(std::vector<std::string> const& patterns, int num_classes);

/// {1..3}, {001..010} and {a,b}, expanded; at most 1,000,000 texts. @throws Error(config).
std::vector<std::string> expand_braces(std::string const& pattern);

/// A label from its text. @throws Error(data) `where: label ...` when it is no whole number of [0, num_classes).
std::int32_t parse_label(std::string_view text, int num_classes, std::string const& where);

/// The hash of a listing whose entries have these names.
class ListingHash {
 public:
  void add(std::string_view name, ImageEntry const& entry);
  std::string hex() { return hash_.hex(); }

 private:
  Sha256 hash_ = std::move(Sha256().add("apq images 1\n"));
};

}  // namespace apq::image
