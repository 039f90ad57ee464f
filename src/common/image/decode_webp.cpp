#include <fmt/format.h>
#include <webp/decode.h>

#include "common/core/error.hpp"
#include "common/image/decode.hpp"

namespace apq::image {
namespace {

char const* reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return "ends early";
    case VP8_STATUS_OUT_OF_MEMORY:
      return "takes more memory than there is";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "has a part that libwebp does not know";
    default:
      return "libwebp cannot decode it";
  }
}

// Pictures of one colour take no bits a pixel, so that small ones are believed whatever their bytes; photographs have 100 bytes for as many
// pixels as a byte may stand for here.
bool is_believable(std::uint64_t pixels, std::size_t num_bytes) {
  constexpr std::uint64_t small = std::uint64_t{4096} * 4096;
  return pixels <= most_pixels && (pixels <= small || pixels / 16384 <= num_bytes);
}

}  // namespace

void decode_webp(std::span<std::uint8_t const> bytes, Picture& picture) {
  auto const fail = [](std::string const& why) { throw Error(Errc::data, "damaged WebP: " + why); };
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) throw Error(Errc::internal, "libwebp is of another version than at build time");
  if (auto const status = WebPGetFeatures(bytes.data(), bytes.size(), &config.input); status != VP8_STATUS_OK) fail(reason(status));
  if (config.input.has_animation != 0) throw Error(Errc::data, "is an animation (WebP of one picture is read)");
  auto const width = config.input.width, height = config.input.height;
  auto const pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  if (!is_believable(pixels, bytes.size())) fail(fmt::format("claims {} x {} pixels in {} bytes", width, height, bytes.size()));
  picture.width = width;
  picture.height = height;
  picture.channels = 3;
  picture.pixels.resize(pixels * 3);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = picture.pixels.data(), .stride = width * 3, .size = picture.pixels.size()};
  auto const status = WebPDecode(bytes.data(), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);  // not the picture
  if (status != VP8_STATUS_OK) fail(reason(status));
}

}  // namespace apq::image
