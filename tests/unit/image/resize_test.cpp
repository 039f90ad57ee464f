#include "common/image/resize.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/encode_image.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;

// The cases of fixture/make_pil_resize.py.
struct Case {
  int width, height, resize, crop, channels;
};
constexpr Case cases[] = {{97, 61, 40, 35, 3}, {61, 97, 40, 35, 3}, {50, 50, 64, 56, 3},  {301, 120, 32, 28, 3},
                          {33, 47, 33, 30, 3}, {97, 61, 40, 35, 1}, {640, 427, 37, 32, 3}};

TEST(Resize, IsPilsToTheBit) {
  auto const expected = read_file(test::source_dir() / "tests/unit/image/fixture/pil_resize.bin");
  std::size_t at = 0;
  for (auto const& c : cases) {
    image::Picture const picture{c.width, c.height, 3, test::sharp_picture(c.width, c.height)};
    auto const plane = static_cast<std::size_t>(c.crop * c.crop);
    std::vector<std::uint8_t> out(plane * c.channels);
    image::fit(picture, {c.channels, c.resize, c.crop}, out);
    ASSERT_LE(at + out.size(), expected.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < plane; ++i)
      for (std::size_t channel = 0; channel < static_cast<std::size_t>(c.channels); ++channel)
        different += out[channel * plane + i] != static_cast<std::uint8_t>(expected[at + i * c.channels + channel]);
    EXPECT_EQ(different, 0u) << c.width << "x" << c.height << " to " << c.resize;
    at += out.size();
  }
  EXPECT_EQ(at, expected.size());
}

TEST(Resize, OfTheSameSizeIsACopyAndTheCropIsCentral) {
  image::Picture const picture{6, 4, 1, {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 30, 31, 32, 33, 34, 35}};
  std::vector<std::uint8_t> out(4);
  image::fit(picture, {1, 4, 2}, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{12, 13, 22, 23}));
  // Odd margins: 5 - 2 = 3 and 7 - 2 = 5 halve to 1.5 and 2.5, which Python rounds to 2 and 2.
  image::Picture odd{7, 5, 1, {}};
  for (int i = 0; i < 35; ++i) odd.pixels.push_back(static_cast<std::uint8_t>(i));
  image::fit(odd, {1, 5, 2}, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{16, 17, 23, 24}));
}

TEST(Resize, RefusesAThreadOfAPicture) {
  image::Picture const thread{1 << 20, 1, 3, std::vector<std::uint8_t>(3u << 20)};
  std::vector<std::uint8_t> out(3);
  EXPECT_THROW(image::fit(thread, {3, 300, 1}, out), Error);
}

}  // namespace
