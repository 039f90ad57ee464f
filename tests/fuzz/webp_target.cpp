// WebP pictures.
#include <webp/encode.h>

#include "fuzz/picture_oracle.hpp"

namespace apq::fuzz {
namespace {

std::string taken(std::uint8_t* bytes, std::size_t size) {
  std::string file(reinterpret_cast<char*>(bytes), size);
  WebPFree(bytes);
  return file;
}

}  // namespace

std::vector<std::string> seeds() {
  constexpr int width = 20, height = 15;
  auto const rgb = test::sharp_picture(width, height), rgba = test::smooth_picture(width, height, 4);
  std::uint8_t* bytes = nullptr;
  std::vector<std::string> all;
  auto size = WebPEncodeLosslessRGB(rgb.data(), width, height, 3 * width, &bytes);
  all.push_back(taken(bytes, size));
  size = WebPEncodeRGB(rgb.data(), width, height, 3 * width, 80, &bytes);
  all.push_back(taken(bytes, size));
  size = WebPEncodeRGBA(rgba.data(), width, height, 4 * width, 80, &bytes);
  all.push_back(taken(bytes, size));
  return all;
}

void attempt(std::string_view input) { decode_checked(input); }

}  // namespace apq::fuzz
