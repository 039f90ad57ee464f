#include "common/image/augment.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/image/resize.hpp"

namespace apq::image {
namespace {

// RandomResizedCrop.get_params of torchvision: ten tries, then everything (the picture is square).
Window draw_crop(int side, double least_share, RandomStream& random) {
  double const area = static_cast<double>(side) * side;
  double const log_ratio = std::log(4.0 / 3.0);
  for (int attempt = 0; attempt < 10; ++attempt) {
    double const target = area * (least_share + (1 - least_share) * random.uniform());
    double const ratio = std::exp(log_ratio * (2 * random.uniform() - 1));
    int const width = static_cast<int>(std::lround(std::sqrt(target * ratio)));
    int const height = static_cast<int>(std::lround(std::sqrt(target / ratio)));
    if (width < 1 || height < 1 || width > side || height > side) continue;
    int const top = static_cast<int>(random.below(static_cast<std::uint64_t>(side - height + 1)));
    int const left = static_cast<int>(random.below(static_cast<std::uint64_t>(side - width + 1)));
    return {left, top, width, height};
  }
  return {0, 0, side, side};
}

void flip_and_shift(std::span<std::uint8_t const> image, int channels, int size, Augmentation const& augmentation, RandomStream& random,
                    std::span<std::uint8_t> out) {
  bool const flip = augmentation.flip && random.chance(0.5);
  auto draw = [&] {
    return augmentation.shift == 0
               ? 0
               : static_cast<int>(random.below(static_cast<std::uint64_t>(2 * augmentation.shift + 1))) - augmentation.shift;
  };
  int const dx = draw();
  int const dy = draw();
  for (int c = 0; c < channels; ++c)
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        int const from_y = y - dy;
        int const from_x = (flip ? size - 1 - x : x) - dx;
        bool const inside = from_y >= 0 && from_y < size && from_x >= 0 && from_x < size;
        out[static_cast<std::size_t>((c * size + y) * size + x)] =
            inside ? image[static_cast<std::size_t>((c * size + from_y) * size + from_x)] : std::uint8_t{0};
      }
}

std::uint8_t blend(double from, double to, double factor) {
  return static_cast<std::uint8_t>(std::clamp(from + factor * (to - from), 0.0, 255.0));
}

// ITU-R 601 luma of planar RGB; a single channel is its own.
int luma_at(std::span<std::uint8_t const> image, int channels, std::size_t plane, std::size_t i) {
  if (channels != 3) return image[i];
  return (image[i] * 19595 + image[plane + i] * 38470 + image[2 * plane + i] * 7471 + 0x8000) >> 16;
}

void jitter(std::span<std::uint8_t> image, int channels, Augmentation const& a, RandomStream& random) {
  auto const plane = image.size() / static_cast<std::size_t>(channels);
  auto factor = [&](double spread) { return std::max(0.0, 1 - spread) + random.uniform() * (1 + spread - std::max(0.0, 1 - spread)); };
  if (a.brightness > 0) {
    double const f = factor(a.brightness);
    for (auto& pixel : image) pixel = blend(0, pixel, f);
  }
  if (a.contrast > 0) {
    double const f = factor(a.contrast);
    double sum = 0;
    for (std::size_t i = 0; i < plane; ++i) sum += luma_at(image, channels, plane, i);
    double const mean = std::floor(sum / static_cast<double>(plane) + 0.5);
    for (auto& pixel : image) pixel = blend(mean, pixel, f);
  }
  if (a.saturation > 0) {
    double const f = factor(a.saturation);
    for (std::size_t i = 0; i < plane && channels == 3; ++i) {
      int const grey = luma_at(image, channels, plane, i);
      for (std::size_t c = 0; c < 3; ++c) image[c * plane + i] = blend(grey, image[c * plane + i], f);
    }
  }
}

}  // namespace

void augment(std::span<std::uint8_t const> image, int channels, int stored_size, int size, Augmentation const& augmentation,
             RandomStream& random, std::span<std::uint8_t> out, int view) {
  std::vector<std::uint8_t> cropped;
  if (augmentation.random_crop > 0 || stored_size != size) {
    int const side = view > 0 ? view : size;
    Window const whole{(stored_size - side) / 2, (stored_size - side) / 2, side, side};
    auto const crop = augmentation.random_crop > 0 ? draw_crop(stored_size, augmentation.random_crop, random) : whole;
    auto const row = static_cast<std::size_t>(stored_size);
    auto const plane = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
    cropped.resize(static_cast<std::size_t>(channels) * plane);
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      auto const* first = image.data() + (c * row + static_cast<std::size_t>(crop.top)) * row + static_cast<std::size_t>(crop.left);
      resize_bilinear({first, crop.width, crop.height, 1, row}, size, size, {0, 0, size, size},
                      std::span(cropped).subspan(c * plane, plane));
    }
    image = cropped;
  }
  flip_and_shift(image, channels, size, augmentation, random, out);
  jitter(out, channels, augmentation, random);
}

}  // namespace apq::image
