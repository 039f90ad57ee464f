#pragma once

#include <png.h>

#include "common/core/error.hpp"
#include "common/image/decode.hpp"
#include "common/image/resize.hpp"
#include "fuzz/target.hpp"
#include "support/encode_image.hpp"

namespace apq::fuzz {

inline image::Picture decoded(image::Decoder& decoder, std::string_view file) {
  return decoder.decode({reinterpret_cast<std::uint8_t const*>(file.data()), file.size()});
}

/// Decodes a picture, by a decoder that has seen all inputs before and by a new one; as a PNG of ours it is the same again.
inline void decode_checked(std::string_view file) {
  static image::Decoder used;
  auto const picture = decoded(used, file);
  require(picture.width > 0 && picture.height > 0 && picture.channels == 3, "a picture without pixels");
  require(picture.pixels.size() == std::size_t{3} * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height),
          "a picture of another size");
  image::Decoder fresh;
  require(decoded(fresh, file).pixels == picture.pixels, "a new decoder sees other pixels");
  if (picture.pixels.size() > 1 << 18) return;  // takes its time
  auto const png = test::png_file(picture.pixels, picture.width, picture.height, 8, PNG_COLOR_TYPE_RGB);
  require(decoded(used, png).pixels == picture.pixels, "as a PNG it is another picture");
  std::vector<std::uint8_t> square(8 * 8 * 3);
  try {
    image::fit(picture, {.channels = 3, .resize = 9, .crop = 8}, square);
  } catch (Error const& e) {
    require(e.code() == Errc::data, e.what());
  }
}

}  // namespace apq::fuzz
