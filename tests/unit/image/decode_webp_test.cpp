#include <gtest/gtest.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include "common/core/error.hpp"
#include "common/image/decode.hpp"
#include "support/encode_image.hpp"
#include "support/error_of.hpp"
#include "support/mutation.hpp"

namespace {

using namespace apq;
using Bytes = std::vector<std::uint8_t>;

constexpr int width = 40, height = 31;

std::string taken(std::uint8_t* bytes, std::size_t size) {
  std::string file(reinterpret_cast<char*>(bytes), size);
  WebPFree(bytes);
  return file;
}
std::string lossless(Bytes const& rgb) {
  std::uint8_t* bytes = nullptr;
  auto const size = WebPEncodeLosslessRGB(rgb.data(), width, height, 3 * width, &bytes);
  return taken(bytes, size);
}
std::string lossy(Bytes const& rgb) {
  std::uint8_t* bytes = nullptr;
  auto const size = WebPEncodeRGB(rgb.data(), width, height, 3 * width, 80, &bytes);
  return taken(bytes, size);
}
std::span<std::uint8_t const> bytes_of(std::string const& file) {
  return {reinterpret_cast<std::uint8_t const*>(file.data()), file.size()};
}
image::Picture decoded(std::string const& file) {
  image::Decoder decoder;
  return decoder.decode(bytes_of(file));
}
void expect_refused(std::string const& file, std::string const& reason) {
  test::expect_error(Errc::data, reason, [&] { decoded(file); });
}

TEST(DecodeWebp, GivesLosslessPixelsBack) {
  auto const rgb = test::sharp_picture(width, height);
  auto const picture = decoded(lossless(rgb));
  EXPECT_EQ(picture.width, width);
  EXPECT_EQ(picture.height, height);
  EXPECT_EQ(picture.channels, 3);
  EXPECT_EQ(picture.pixels, rgb);
}

TEST(DecodeWebp, GivesLossyPixelsAsLibwebpItself) {
  auto const file = lossy(test::sharp_picture(width, height));
  int w = 0, h = 0;
  auto* const pixels = WebPDecodeRGB(bytes_of(file).data(), file.size(), &w, &h);
  ASSERT_NE(pixels, nullptr);
  EXPECT_EQ(decoded(file).pixels, Bytes(pixels, pixels + 3 * width * height));
  WebPFree(pixels);
}

TEST(DecodeWebp, DropsTransparency) {
  auto const rgb = test::sharp_picture(width, height);
  Bytes rgba;
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    rgba.push_back(rgb[i]);
    if (i % 3 == 2) rgba.push_back(static_cast<std::uint8_t>(1 + i % 255));
  }
  std::uint8_t* bytes = nullptr;
  auto const size = WebPEncodeLosslessRGBA(rgba.data(), width, height, 4 * width, &bytes);
  EXPECT_EQ(decoded(taken(bytes, size)).pixels, rgb);
}

TEST(DecodeWebp, RefusesWhatIsDamagedAndSaysWhy) {
  for (auto const& file : {lossless(test::sharp_picture(width, height)), lossy(test::sharp_picture(width, height))})
    for (std::size_t keep : {file.size() - 2, file.size() / 2, std::size_t{25}, std::size_t{13}})
      expect_refused(file.substr(0, keep), "damaged WebP: ");
  auto const file = lossless(test::sharp_picture(width, height));
  expect_refused(file.substr(0, file.size() / 2), "damaged WebP: ends early");
  auto animated = std::string("RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0", 30);
  expect_refused(animated, "is an animation");
}

// Its header holds width - 1 and height - 1 in 14 bits each.
TEST(DecodeWebp, TakesNoMemoryForPixelsThatCannotBeThere) {
  auto const claiming = [](std::uint32_t side) {
    auto file = lossless(Bytes(3 * width * height, 7));
    auto const at = file.find("VP8L") + 9;
    auto const packed = (side - 1) | (side - 1) << 14;
    for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<char>(packed >> (8 * i));
    return file;
  };
  expect_refused(claiming(16384), "claims 16384 x 16384 pixels");
  expect_refused(claiming(8192), "claims 8192 x 8192 pixels");
}

TEST(DecodeWebpMutations, EndInAPictureOrAnError) {
  std::vector<std::string> const seeds{lossless(test::sharp_picture(width, height)), lossy(test::sharp_picture(width, height))};
  image::Decoder decoder;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    auto const file = test::mutated(seeds[i % seeds.size()], i);
    try {
      auto const& picture = decoder.decode(bytes_of(file));
      EXPECT_EQ(picture.pixels.size(), static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3) << i;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data) << i << " " << e.what();
    }
  }
  for (auto const& seed : seeds) EXPECT_NO_THROW(decoder.decode(bytes_of(seed)));
}

}  // namespace
