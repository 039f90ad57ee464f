#pragma once

#include <cstdint>
#include <span>

#include "common/image/picture.hpp"

namespace apq::image {

/// Decodes JPEG and PNG, told apart by their first bytes: ImageNet holds a PNG under a JPEG's name.
///
/// Colour comes out as RGB, grey as RGB of equal values, CMYK and YCCK as PIL converts them (Adobe's inverted inks, no
/// profile), 16 bits as their upper 8, transparency is dropped. JPEGs are decoded in full: libjpeg's scaled
/// decoding averages 2x2 blocks first, which is another filter than the resize after it and moves pixels by several grey
/// levels, and saves little, since entropy decoding is most of the work.
/// One object serves one thread; only its buffers are kept from image to image.
class Decoder {
 public:
  /// The picture lives until the next call. @throws Error(data) with the reason alone (no file name) for what is
  /// damaged, truncated (libjpeg's warnings count), neither JPEG nor PNG, or claims more pixels than its bytes can hold.
  Picture const& decode(std::span<std::uint8_t const> bytes);

 private:
  void decode_jpeg(std::span<std::uint8_t const> bytes);
  Picture picture_;
  std::vector<std::uint8_t> inks_;
};

/// PNG alone, into `picture`. @throws as Decoder::decode.
void decode_png(std::span<std::uint8_t const> bytes, Picture& picture);

/// A picture that claims more than this is refused before memory is taken for it (ImageNet's largest has 16 million).
inline constexpr std::uint64_t most_pixels = 100'000'000;

}  // namespace apq::image
