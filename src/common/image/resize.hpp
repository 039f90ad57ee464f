#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/image/picture.hpp"

namespace apq::image {

/// uint8 [height, width, channels] somewhere in memory, e.g. a rectangle of a larger picture.
struct PictureView {
  std::uint8_t const* first;
  int width, height, channels;
  std::size_t row_bytes;  ///< from one row to the next
};

/// Which part of a resized picture is wanted.
struct Window {
  int left, top, width, height;
};

/// Bilinear resize with antialiasing to width x height, of which only `window` is computed; out is uint8
/// [window.height, window.width, channels]. To the bit what PIL's Image.resize(BILINEAR) gives (src/libImaging/Resample.c): a
/// triangle as wide as the reduction, coefficients of 22 fractional bits, first along rows, rounded to 8 bits, then along columns.
void resize_bilinear(PictureView const& picture, int width, int height, Window const& window, std::span<std::uint8_t> out);

/// How a picture becomes a network's input.
struct Geometry {
  int channels = 3;  ///< 1 or 3
  int resize = 0;    ///< the short side goes to this many pixels, the long one in proportion, rounded down
  int crop = 0;      ///< then the central square of this side is cut out; at most `resize`
};

/// Resizes and crops `picture` (RGB) as torchvision's Resize and CenterCrop do on PIL images; out is planar, uint8
/// [channels, crop, crop]. One channel is the luma of ITU-R 601 as in PIL's convert("L"), taken before the resize.
/// @throws Error(data) with the reason alone for a picture so narrow that its long side would pass 2^28 pixels.
void fit(Picture const& picture, Geometry const& geometry, std::span<std::uint8_t> out);

}  // namespace apq::image
