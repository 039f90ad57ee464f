#pragma once

#include <cstdint>
#include <span>

#include "common/core/random.hpp"

namespace apq::image {

/// What a training image goes through; off by default.
struct Augmentation {
  bool flip = false;       ///< mirror left-right with probability one half
  int shift = 0;           ///< move by up to so many pixels in x and y, black behind
  double random_crop = 0;  ///< cut out a random rectangle of at least this share of the area (3:4 to 4:3) and resize it; 0: off
  double brightness = 0, contrast = 0, saturation = 0;  ///< factors drawn from [1 - v, 1 + v]; 0: off

  bool operator==(Augmentation const&) const = default;
};

/// Writes the augmented image [channels, size, size] to `out`; `image` is [channels, stored_size, stored_size], stored_size >= size.
/// In order: random crop (without one, the central square of side `view`, resized; 0: `size`, as it is), flip, shift, brightness, contrast,
/// saturation. The crop is torchvision's RandomResizedCrop, the colours its ColorJitter with that fixed order. Numbers are drawn only for
/// what is on.
void augment(std::span<std::uint8_t const> image, int channels, int stored_size, int size, Augmentation const& augmentation,
             RandomStream& random, std::span<std::uint8_t> out, int view = 0);

}  // namespace apq::image
