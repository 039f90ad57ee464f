#include "common/image/decode.hpp"

#include <chrono>
#include <cstdlib>

#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

#include "common/core/error.hpp"
#include "support/encode_image.hpp"
#include "support/mutation.hpp"

namespace {

using namespace apq;

std::span<std::uint8_t const> bytes_of(std::string const& file) {
  return {reinterpret_cast<std::uint8_t const*>(file.data()), file.size()};
}

image::Picture decoded(std::string const& file) {
  image::Decoder decoder;
  return decoder.decode(bytes_of(file));
}

void expect_refused(std::string const& file, std::string const& reason) {
  try {
    decoded(file);
    ADD_FAILURE() << "must be refused: " << reason;
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
  }
}

int largest_difference(std::vector<std::uint8_t> const& a, std::vector<std::uint8_t> const& b) {
  EXPECT_EQ(a.size(), b.size());
  int largest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST(Decode, ReadsColourAndGreyJpegs) {
  auto const rgb = test::smooth_picture(40, 30, 3);
  auto const picture = decoded(test::jpeg_file(rgb, 40, 30, 3));
  EXPECT_EQ(picture.width, 40);
  EXPECT_EQ(picture.height, 30);
  EXPECT_LE(largest_difference(picture.pixels, rgb), 4);
  auto const grey = test::smooth_picture(40, 30, 1);
  auto const from_grey = decoded(test::jpeg_file(grey, 40, 30, 1));
  ASSERT_EQ(from_grey.pixels.size(), 3 * grey.size());
  for (std::size_t i = 0; i < grey.size(); ++i) {
    EXPECT_EQ(from_grey.pixels[3 * i], from_grey.pixels[3 * i + 2]);
    EXPECT_NEAR(from_grey.pixels[3 * i], grey[i], 3);
  }
}

TEST(Decode, ConvertsInksAsPilDoes) {
  auto const inks = test::smooth_picture(24, 16, 4);  // inverted, as Adobe stores them: light = channel * black / 255
  auto const picture = decoded(test::jpeg_file(inks, 24, 16, 4));
  ASSERT_EQ(picture.pixels.size(), inks.size() / 4 * 3);
  for (std::size_t i = 0; i < inks.size() / 4; ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(picture.pixels[3 * i + c], inks[4 * i + c] * inks[4 * i + 3] / 255.0, 5);
}

TEST(Decode, ReadsEveryKindOfPng) {
  auto const rgb = test::sharp_picture(9, 7);
  for (bool interlaced : {false, true}) EXPECT_EQ(decoded(test::png_file(rgb, 9, 7, 8, PNG_COLOR_TYPE_RGB, interlaced)).pixels, rgb);

  std::vector<std::uint8_t> wide, with_alpha, grey(rgb.begin(), rgb.begin() + 63), thrice, grey_alpha;
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    wide.insert(wide.end(), {rgb[i], static_cast<std::uint8_t>(i * 31)});
    with_alpha.push_back(rgb[i]);
    if (i % 3 == 2) with_alpha.push_back(static_cast<std::uint8_t>(i));
  }
  for (auto value : grey) {
    thrice.insert(thrice.end(), 3, value);
    grey_alpha.insert(grey_alpha.end(), {value, 9});
  }
  EXPECT_EQ(decoded(test::png_file(wide, 9, 7, 16, PNG_COLOR_TYPE_RGB)).pixels, rgb);
  EXPECT_EQ(decoded(test::png_file(with_alpha, 9, 7, 8, PNG_COLOR_TYPE_RGBA)).pixels, rgb);
  EXPECT_EQ(decoded(test::png_file(grey, 9, 7, 8, PNG_COLOR_TYPE_GRAY)).pixels, thrice);
  EXPECT_EQ(decoded(test::png_file(grey_alpha, 9, 7, 8, PNG_COLOR_TYPE_GRAY_ALPHA)).pixels, thrice);
  EXPECT_EQ(decoded(test::png_file({0xa5, 0x5a}, 8, 2, 1, PNG_COLOR_TYPE_GRAY)).pixels,
            decoded(test::png_file({255, 0, 255, 0, 0, 255, 0, 255, 0, 255, 0, 255, 255, 0, 255, 0}, 8, 2, 8, PNG_COLOR_TYPE_GRAY)).pixels);
  EXPECT_EQ(decoded(test::png_file({0, 1, 2, 200}, 2, 2, 8, PNG_COLOR_TYPE_PALETTE)).pixels,
            (std::vector<std::uint8_t>{0, 255, 0, 1, 254, 7, 2, 253, 14, 200, 55, 120}));
  EXPECT_EQ(decoded(test::png_file({0x1f}, 2, 1, 4, PNG_COLOR_TYPE_PALETTE)).pixels, (std::vector<std::uint8_t>{1, 254, 7, 15, 240, 105}));
}

TEST(Decode, RefusesWhatIsDamagedAndSaysWhy) {
  auto const jpeg = test::jpeg_file(test::sharp_picture(64, 48), 64, 48, 3);
  auto const png = test::png_file(test::sharp_picture(64, 48), 64, 48, 8, PNG_COLOR_TYPE_RGB);
  expect_refused("", "is empty");
  expect_refused("hello world", "is neither JPEG, PNG nor WebP (it begins with 68 65 6c 6c)");
  for (std::size_t keep : {jpeg.size() - 2, jpeg.size() / 2, std::size_t{200}, std::size_t{4}})
    expect_refused(jpeg.substr(0, keep), "damaged JPEG");
  for (std::size_t keep : {png.size() - 1, png.size() / 2, std::size_t{40}, std::size_t{9}})
    expect_refused(png.substr(0, keep), "damaged PNG");
  auto flipped = png;
  flipped[png.size() / 2] ^= 1;
  expect_refused(flipped, "damaged PNG");
}

// What PIL reads to the same pixels; it raises for each of the files that end early.
TEST(Decode, KeepsJpegsThatLibjpegOnlyWarnsAbout) {
  auto const whole = test::jpeg_file(test::sharp_picture(64, 48), 64, 48, 3);
  image::Decoder decoder;
  auto const pixels = decoder.decode(bytes_of(whole)).pixels;
  EXPECT_EQ(decoder.warning(), "");
  for (auto const& [what, file] : test::odd_jpegs(whole)) {
    EXPECT_EQ(decoder.decode(bytes_of(file)).pixels, pixels) << what;
    EXPECT_NE(decoder.warning(), "") << what;
    EXPECT_EQ(decoder.warning().find('\n'), std::string::npos) << what;
    expect_refused(file.substr(0, file.size() - 2), "damaged JPEG: ends early");
    EXPECT_THROW(decoder.decode(bytes_of(file.substr(0, file.size() / 2))), Error) << what;
    EXPECT_EQ(decoder.warning(), "") << "of the last picture alone";
  }
}

TEST(Decode, RefusesHundredsOfScansEarly) {
  auto const few = decoded(test::jpeg_of_many_scans(64, 2));
  EXPECT_EQ(few.pixels, std::vector<std::uint8_t>(64 * 64 * 3, 128)) << "127 scans of a small picture";
  expect_refused(test::jpeg_of_many_scans(64, 14), "has more than 500 scans");
  auto const start = std::chrono::steady_clock::now();
  expect_refused(test::jpeg_of_many_scans(9984, 14), "damaged JPEG: has more than 30 scans, which no encoder writes at its size");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << "all of them take 46 s";
}

TEST(Decode, TakesNoMemoryForPixelsThatCannotBeThere) {
  auto png = test::png_file(test::sharp_picture(8, 8), 8, 8, 8, PNG_COLOR_TYPE_RGB);
  png.replace(16, 8, std::string("\0\0\x20\0\0\0\x20\0", 8));  // 8192 x 8192
  auto const crc = crc32(0, reinterpret_cast<Bytef const*>(png.data() + 12), 17);
  for (int i = 0; i < 4; ++i) png[29 + i] = static_cast<char>(crc >> (24 - 8 * i));
  expect_refused(png, "more pixels than its bytes can hold");
  auto jpeg = test::jpeg_file(test::sharp_picture(8, 8), 8, 8, 3);
  auto const frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, std::string("\xff\0\xff\0", 4));
  expect_refused(jpeg, "claims 65280 x 65280 pixels");
}

// A decoder is used again after each failure, as a rank does.
void expect_clean_ends(std::vector<std::string> const& seeds) {
  image::Decoder decoder;
  int whole = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    auto const file = test::mutated(seeds[i % seeds.size()], i);
    try {
      auto const& picture = decoder.decode(bytes_of(file));
      EXPECT_EQ(picture.pixels.size(), static_cast<std::size_t>(picture.width) * picture.height * 3) << i;
      ++whole;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data) << i << " " << e.what();
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    }
  }
  EXPECT_LT(whole, 700);
  for (auto const& seed : seeds) EXPECT_NO_THROW(decoder.decode(bytes_of(seed)));
}

TEST(DecodeMutations, OfJpegEndInAPictureOrAnError) {
  expect_clean_ends({test::jpeg_file(test::sharp_picture(40, 31), 40, 31, 3), test::jpeg_file(test::smooth_picture(33, 20, 1), 33, 20, 1),
                     test::jpeg_file(test::smooth_picture(17, 20, 4), 17, 20, 4)});
}

TEST(DecodeMutations, OfPngEndInAPictureOrAnError) {
  expect_clean_ends({test::png_file(test::sharp_picture(20, 15), 20, 15, 8, PNG_COLOR_TYPE_RGB, true),
                     test::png_file(test::smooth_picture(16, 16, 1), 16, 16, 8, PNG_COLOR_TYPE_PALETTE),
                     test::png_file(test::smooth_picture(16, 16, 8), 16, 16, 16, PNG_COLOR_TYPE_RGBA)});
}

}  // namespace
