#pragma once

#include <cstdint>
#include <span>

#include "common/core/random.hpp"

namespace apq::image {

/// What a training image goes through; off by default.
struct Augmentation {
  bool flip = false;  ///< mirror left-right with probability one half
  int shift = 0;      ///< move by up to so many pixels in x and y, black behind
};

/// Writes the augmented image to `out`; both are [channels, size, size].
void augment(std::span<std::uint8_t const> image, int channels, int size, Augmentation const& augmentation,
             RandomStream& random, std::span<std::uint8_t> out);

}  // namespace apq::image
