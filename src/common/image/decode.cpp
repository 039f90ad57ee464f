#include "common/image/decode.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/image/picture_format.hpp"

namespace apq::image {

Picture const& Decoder::decode(std::span<std::uint8_t const> bytes) {
  warning_.clear();
  if (bytes.empty()) throw Error(Errc::data, "is empty");
  switch (format_of(bytes)) {
    case PictureFormat::jpeg:
      warning_ = jpeg_.decode(bytes, picture_);
      break;
    case PictureFormat::png:
      decode_png(bytes, picture_);
      break;
    case PictureFormat::webp:
      decode_webp(bytes, picture_);
      break;
    case PictureFormat::unknown:
      throw Error(Errc::data, fmt::format("is neither JPEG, PNG nor WebP (it begins with {:02x})",
                                          fmt::join(bytes.first(std::min<std::size_t>(4, bytes.size())), " ")));
  }
  return picture_;
}

}  // namespace apq::image
