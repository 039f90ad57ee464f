#include "common/core/error.hpp"
#include "common/image/decode.hpp"

// In place of decode_webp.cpp where the build has no libwebp.
namespace apq::image {

void decode_webp(std::span<std::uint8_t const>, Picture&) {
  throw Error(Errc::data, "is WebP, for which this apq was built without libwebp (Debian: libwebp-dev, then build again)");
}

}  // namespace apq::image
