// PNG pictures. Checksums of chunks are made right, or nearly no input would get beyond them.
#include <zlib.h>

#include "fuzz/picture_oracle.hpp"

namespace apq::fuzz {
namespace {

std::string with_right_checksums(std::string png) {
  auto const byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(png[i])); };
  for (std::size_t at = 8; at + 12 <= png.size();) {
    auto const size = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    if (size > png.size() - at - 12) break;
    auto const sum = crc32(0, reinterpret_cast<Bytef const*>(png.data() + at + 4), static_cast<uInt>(size + 4));
    for (std::size_t i = 0; i < 4; ++i) png[at + 8 + size + i] = static_cast<char>(sum >> (24 - 8 * i));
    at += 12 + size;
  }
  return png;
}

}  // namespace

std::vector<std::string> seeds() {
  return {test::png_file(test::sharp_picture(20, 15), 20, 15, 8, PNG_COLOR_TYPE_RGB, true),
          test::png_file(test::smooth_picture(16, 16, 1), 16, 16, 8, PNG_COLOR_TYPE_PALETTE),
          test::png_file(test::smooth_picture(16, 16, 8), 16, 16, 16, PNG_COLOR_TYPE_RGBA),
          test::png_file(test::smooth_picture(2, 9, 1), 16, 9, 1, PNG_COLOR_TYPE_GRAY)};
}

void attempt(std::string_view input) { decode_checked(with_right_checksums(std::string(input))); }

}  // namespace apq::fuzz
