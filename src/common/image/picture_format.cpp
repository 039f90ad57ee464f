#include "common/image/picture_format.hpp"

#include <algorithm>
#include <array>

namespace apq::image {
namespace {

bool begins_with(std::span<std::uint8_t const> bytes, std::span<std::uint8_t const> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

}  // namespace

PictureFormat format_of(std::span<std::uint8_t const> first_bytes) {
  constexpr std::array<std::uint8_t, 3> jpeg{0xff, 0xd8, 0xff};
  constexpr std::array<std::uint8_t, 8> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (begins_with(first_bytes, jpeg)) return PictureFormat::jpeg;
  if (begins_with(first_bytes, png)) return PictureFormat::png;
  constexpr std::array<std::uint8_t, 4> riff{'R', 'I', 'F', 'F'}, webp{'W', 'E', 'B', 'P'};  // with the size in between
  if (begins_with(first_bytes, riff) && begins_with(first_bytes.subspan(std::min<std::size_t>(8, first_bytes.size())), webp))
    return PictureFormat::webp;
  return PictureFormat::unknown;
}

bool has_picture_extension(std::string_view name) {
  constexpr std::array<std::string_view, 9> extensions{".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};
  auto const dot = name.find_last_of('.');
  if (dot == std::string_view::npos) return false;
  auto const extension = name.substr(dot);
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::any_of(extensions.begin(), extensions.end(), [&](std::string_view known) {
    return std::equal(known.begin(), known.end(), extension.begin(), extension.end(), [&](char a, char b) { return a == lower(b); });
  });
}

}  // namespace apq::image
