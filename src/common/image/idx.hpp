#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/image/listing.hpp"

namespace apq::image {

/// A pair of IDX files (the MNIST format), unpacked and checked.
class IdxFiles {
 public:
  /// Plain or gzip, told by their first bytes. Both headers are compared with each other, with what is asked for and with the files' sizes
  /// before memory is taken, and no more is unpacked than they promise. @throws Error(io) when a file is absent, Error(data) for a wrong
  /// magic number, a truncated or overlong file, counts that disagree, images larger than `size`, or a label outside [0, num_classes).
  IdxFiles(std::filesystem::path const& images, std::filesystem::path const& labels, int size, int num_classes);

  std::size_t num() const { return labels_.size(); }
  std::vector<std::int32_t> const& labels() const { return labels_; }
  /// SHA-256 over both files' unpacked bytes and `size`.
  std::string hash() const;
  /// Image i centred on a black square; out is uint8 [size, size].
  void draw(std::size_t i, std::span<std::uint8_t> out) const;

 private:
  std::vector<std::uint8_t> bytes_, label_bytes_;  // as unpacked, with their headers
  std::size_t header_, rows_, columns_, side_;
  std::vector<std::int32_t> labels_;
};

/// Both as a listing: `part` is "train" or "t10k", files are looked for with and without `.gz`.
Listing list_idx(std::filesystem::path const& directory, std::string const& part, int size, int num_classes);

}  // namespace apq::image
