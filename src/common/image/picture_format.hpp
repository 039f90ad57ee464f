#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace apq::image {

/// Kinds of picture that are read.
enum class PictureFormat { unknown, jpeg, png, webp };

/// So many first bytes tell the kind.
inline constexpr std::size_t format_bytes = 12;

/// By first bytes, never by name: ImageNet holds a PNG under a JPEG's name.
PictureFormat format_of(std::span<std::uint8_t const> first_bytes);

/// Whether a name ends as torchvision's ImageFolder expects of pictures: .jpg .jpeg .png .ppm .bmp .pgm .tif .tiff .webp, in any case.
bool has_picture_extension(std::string_view name);

}  // namespace apq::image
