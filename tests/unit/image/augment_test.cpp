#include "common/image/augment.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace apq;

std::vector<std::uint8_t> picture_of(int channels, int size) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(channels * size * size));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37 % 251);
  return pixels;
}

TEST(Augment, CutsTheCentreOutOfALargerImage) {
  auto const stored = picture_of(2, 6);
  std::vector<std::uint8_t> out(2 * 4 * 4);
  RandomStream random(1, "t");
  image::augment(stored, 2, 6, 4, {}, random, out);
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t y = 0; y < 4; ++y)
      for (std::size_t x = 0; x < 4; ++x) EXPECT_EQ(out[(c * 4 + y) * 4 + x], stored[(c * 6 + y + 1) * 6 + x + 1]);
}

TEST(Augment, CropsAreWithinTheImageAndDiffer) {
  std::vector<std::uint8_t> stored(16 * 16);  // a slope to the right: a crop's values tell where it lies
  for (std::size_t i = 0; i < stored.size(); ++i) stored[i] = static_cast<std::uint8_t>(16 * (i % 16));
  std::vector<std::uint8_t> out(64), again(64);
  std::set<int> widths;
  for (std::uint64_t i = 0; i < 100; ++i) {
    RandomStream a(1, "t", i), b(1, "t", i);
    image::augment(stored, 1, 16, 8, {.random_crop = 0.1}, a, out);
    image::augment(stored, 1, 16, 8, {.random_crop = 0.1}, b, again);
    EXPECT_EQ(out, again);
    for (std::size_t x = 1; x < 8; ++x) EXPECT_GE(out[x], out[x - 1]);
    widths.insert((out[7] - out[0]) / 16);
  }
  EXPECT_GT(widths.size(), 4u);
}

double mean_of(std::vector<std::uint8_t> const& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }

TEST(Augment, BrightnessScalesAllPixelsByOneFactorWithinItsRange) {
  std::vector<std::uint8_t> const stored(3 * 4 * 4, 100);
  std::vector<std::uint8_t> out(stored.size());
  int darkest = 255, lightest = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(2, "t", i);
    image::augment(stored, 3, 4, 4, {.brightness = 0.3}, random, out);
    for (auto pixel : out) EXPECT_EQ(pixel, out[0]);
    darkest = std::min<int>(darkest, out[0]);
    lightest = std::max<int>(lightest, out[0]);
  }
  EXPECT_GE(darkest, 69);
  EXPECT_LE(darkest, 75);
  EXPECT_LE(lightest, 130);
  EXPECT_GE(lightest, 125);
}

TEST(Augment, SaturationKeepsGreyPixelsAndContrastKeepsTheMean) {
  std::vector<std::uint8_t> const grey(3 * 4 * 4, 90);
  std::vector<std::uint8_t> out(grey.size());
  RandomStream random(3, "t");
  image::augment(grey, 3, 4, 4, {.saturation = 0.5}, random, out);
  for (auto pixel : out) EXPECT_NEAR(pixel, 90, 1);
  std::vector<std::uint8_t> two(16, 80);
  for (std::size_t i = 0; i < 8; ++i) two[i] = 120;
  std::vector<std::uint8_t> contrasted(16);
  std::set<int> spreads;
  for (std::uint64_t i = 0; i < 50; ++i) {
    RandomStream stream(4, "t", i);
    image::augment(two, 1, 4, 4, {.contrast = 0.5}, stream, contrasted);
    EXPECT_NEAR(mean_of(contrasted), 100, 1);
    spreads.insert(contrasted[0] - contrasted[15]);
  }
  EXPECT_GE(*spreads.begin(), 19);
  EXPECT_LE(*spreads.rbegin(), 60);
  EXPECT_GT(spreads.size(), 10u);
}

TEST(Augment, SaturationMovesColoursTowardsOrFromTheirGrey) {
  std::vector<std::uint8_t> const stored{200, 100, 50};  // one pixel, three planes
  std::vector<std::uint8_t> out(3);
  std::set<int> spreads;
  for (std::uint64_t i = 0; i < 50; ++i) {
    RandomStream stream(5, "t", i);
    image::augment(stored, 3, 1, 1, {.saturation = 0.5}, stream, out);
    EXPECT_GE(out[0], out[1]);
    EXPECT_GE(out[1], out[2]);
    spreads.insert(out[0] - out[2]);
  }
  EXPECT_LT(*spreads.begin(), 100);
  EXPECT_GT(*spreads.rbegin(), 190);
}

}  // namespace
