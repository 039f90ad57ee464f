#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/image/picture.hpp"

namespace apq::image {

/// JPEG alone. In full: libjpeg's scaled decoding averages 2x2 blocks first, which is another filter than the resize after it and moves
/// pixels by several grey levels, and saves little, since entropy decoding is most of the work.
class JpegDecoder {
 public:
  /// Into `picture`, the pixels that PIL gets. Returns libjpeg's first warning, or nothing: stray bytes, odd headers, damage that leaves
  /// as many blocks as there must be. @throws Error(data) with the reason alone where PIL gets none: what libjpeg refuses, and files that
  /// end before their picture does; also for more pixels than its bytes can hold and for hundreds of scans.
  std::string decode(std::span<std::uint8_t const> bytes, Picture& picture);

 private:
  std::vector<std::uint8_t> inks_;
};

/// PNG alone, into `picture`. @throws as Decoder::decode.
void decode_png(std::span<std::uint8_t const> bytes, Picture& picture);
/// WebP alone, of one picture, lossy or lossless, with libwebp's own upsampling. @throws as Decoder::decode; always, where the build has no
/// libwebp.
void decode_webp(std::span<std::uint8_t const> bytes, Picture& picture);

/// Decodes what is read (picture_format.hpp), told apart by first bytes.
///
/// Colour comes out as RGB, grey as RGB of equal values, CMYK and YCCK as PIL converts them (Adobe's inverted inks, no
/// profile), 16 bits as their upper 8, transparency is dropped.
/// One object serves one thread; only its buffers are kept from image to image.
class Decoder {
 public:
  /// The picture lives until the next call. @throws Error(data) with the reason alone (no file name) for what is
  /// damaged, truncated, of no kind that is read, or claims more pixels than its bytes can hold.
  Picture const& decode(std::span<std::uint8_t const> bytes);
  /// What libjpeg found odd in the last picture, which it read all the same; empty: nothing.
  std::string const& warning() const { return warning_; }

 private:
  JpegDecoder jpeg_;
  Picture picture_;
  std::string warning_;
};

/// A picture that claims more than this is refused before memory is taken for it (ImageNet's largest has 16 million).
inline constexpr std::uint64_t most_pixels = 100'000'000;

}  // namespace apq::image
