#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace apq::image {

/// Decoded images, uint8 [num, channels, size, size], and their labels. The pixels belong to `owner`: the node's shared
/// memory, or memory of this process alone.
struct ImageSet {
  int num = 0, channels = 0, size = 0, num_classes = 0;
  std::span<std::uint8_t const> pixels;
  std::vector<std::int32_t> labels;
  std::shared_ptr<void const> owner;

  std::size_t image_bytes() const { return static_cast<std::size_t>(channels) * size * size; }
  std::span<std::uint8_t const> image(std::size_t i) const { return pixels.subspan(i * image_bytes(), image_bytes()); }
};

/// A named part of a source: indices into it, and a fingerprint over source, name and indices.
struct Split {
  std::string name;
  std::vector<std::uint32_t> indices;
  std::string fingerprint;
  std::shared_ptr<ImageSet const> decoded;                    ///< the split's images, in its order; empty until they are decoded
  std::vector<std::shared_ptr<ImageSet const>> smaller = {};  ///< the same at further sizes, where they were wanted

  std::size_t size() const { return indices.size(); }
  /// uint8 [channels, size, size] of the i-th image of the split.
  std::span<std::uint8_t const> image(std::size_t i) const { return decoded->image(i); }
  std::int32_t label(std::size_t i) const { return decoded->labels[i]; }
  /// The split with its images of `size` as the decoded ones; nothing when they are of other sizes alone.
  std::optional<Split> at_size(int size) const;
};

/// Four disjoint splits. The test split is a source of its own.
struct Splits {
  Split train, calibration, validation, test;
};

}  // namespace apq::image
