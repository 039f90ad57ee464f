#include "common/image/resize.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::image {
namespace {

constexpr int fraction_bits = 32 - 8 - 2;  // PIL's PRECISION_BITS: 255 times a sum of 1 stays within 31 bits

// For output pixel i: the source pixels first[i] ... and their weights weight[i * most ...].
struct Filter {
  int most;
  std::vector<int> first, count;
  std::vector<std::int32_t> weights;
};

// precompute_coeffs and normalize_coeffs_8bpc of Resample.c, for output pixels [begin, begin + length).
Filter make_filter(int from, int to, int begin, int length) {
  double const scale = static_cast<double>(from) / to;
  double const support = std::max(scale, 1.0);
  Filter f{static_cast<int>(std::ceil(support)) * 2 + 1, {}, {}, {}};
  f.weights.assign(static_cast<std::size_t>(length) * f.most, 0);
  std::vector<double> raw(static_cast<std::size_t>(f.most));
  double const inverse = 1.0 / support;
  for (int i = 0; i < length; ++i) {
    double const center = (begin + i + 0.5) * scale;
    int const low = std::max(0, static_cast<int>(center - support + 0.5));
    int const count = std::min(from, static_cast<int>(center + support + 0.5)) - low;
    double sum = 0;
    for (int k = 0; k < count; ++k) {
      double const distance = std::abs((k + low - center + 0.5) * inverse);
      raw[k] = distance < 1.0 ? 1.0 - distance : 0.0;
      sum += raw[k];
    }
    for (int k = 0; k < count; ++k) {
      double const weight = sum != 0.0 ? raw[k] / sum : raw[k];
      f.weights[static_cast<std::size_t>(i) * f.most + k] = static_cast<std::int32_t>(0.5 + weight * (1 << fraction_bits));
    }
    f.first.push_back(low);
    f.count.push_back(count);
  }
  return f;
}

std::uint8_t rounded(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255)); }
constexpr std::int32_t half = 1 << (fraction_bits - 1);

template <int Channels>
void along_row(std::uint8_t const* row, Filter const& f, std::uint8_t* to) {
  for (std::size_t i = 0; i < f.first.size(); ++i) {
    std::int32_t sums[Channels];
    for (auto& sum : sums) sum = half;
    auto const* weight = f.weights.data() + i * f.most;
    auto const* pixel = row + static_cast<std::size_t>(f.first[i]) * Channels;
    for (int k = 0; k < f.count[i]; ++k, pixel += Channels)
      for (int c = 0; c < Channels; ++c) sums[c] += weight[k] * pixel[c];
    for (int c = 0; c < Channels; ++c) *to++ = rounded(sums[c]);
  }
}

}  // namespace

void resize_bilinear(PictureView const& picture, int width, int height, Window const& window, std::span<std::uint8_t> out) {
  auto const across = make_filter(picture.width, width, window.left, window.width);
  auto const down = make_filter(picture.height, height, window.top, window.height);
  // Rows of the source that the window needs.
  int const first_row = down.first.front();
  int const last_row = down.first.back() + down.count.back();
  auto const line = static_cast<std::size_t>(window.width) * picture.channels;
  std::vector<std::uint8_t> narrow(line * static_cast<std::size_t>(last_row - first_row));
  for (int y = first_row; y < last_row; ++y) {
    auto const* row = picture.first + static_cast<std::size_t>(y) * picture.row_bytes;
    auto* to = narrow.data() + static_cast<std::size_t>(y - first_row) * line;
    if (picture.width == width)  // weights of exactly one: PIL leaves the pass out
      std::copy_n(row + static_cast<std::size_t>(window.left) * picture.channels, line, to);
    else if (picture.channels == 3) along_row<3>(row, across, to);
    else along_row<1>(row, across, to);
  }
  std::vector<std::int32_t> sums(line);
  for (int y = 0; y < window.height; ++y) {
    std::fill(sums.begin(), sums.end(), half);
    for (int k = 0; k < down.count[y]; ++k) {
      auto const weight = down.weights[static_cast<std::size_t>(y) * down.most + k];
      auto const* row = narrow.data() + static_cast<std::size_t>(down.first[y] + k - first_row) * line;
      for (std::size_t i = 0; i < line; ++i) sums[i] += weight * row[i];
    }
    std::transform(sums.begin(), sums.end(), out.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * line), rounded);
  }
}

namespace {

// Python's round(): a half goes to the even neighbour.
int half_rounded_to_even(int doubled) {
  int const down = doubled / 2;
  return doubled % 2 == 0 ? down : down + down % 2;
}

Picture luma(Picture const& rgb) {
  Picture grey{rgb.width, rgb.height, 1, std::vector<std::uint8_t>(rgb.pixels.size() / 3)};
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    auto const* p = rgb.pixels.data() + 3 * i;
    grey.pixels[i] = static_cast<std::uint8_t>((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16);
  }
  return grey;
}

}  // namespace

void fit(Picture const& picture, Geometry const& geometry, std::span<std::uint8_t> out) {
  if (picture.channels == 3 && geometry.channels == 1) {
    fit(luma(picture), geometry, out);
    return;
  }
  int const short_side = std::min(picture.width, picture.height);
  auto const scaled = [&](int side) {
    auto const length = static_cast<std::int64_t>(geometry.resize) * side / short_side;
    if (length > 1 << 28)
      throw Error(Errc::data, fmt::format("is {} x {} pixels, too narrow to be resized", picture.width, picture.height));
    return static_cast<int>(length);
  };
  int const width = scaled(picture.width);
  int const height = scaled(picture.height);
  auto const crop = static_cast<std::size_t>(geometry.crop);
  Window const window{half_rounded_to_even(width - geometry.crop), half_rounded_to_even(height - geometry.crop), geometry.crop,
                      geometry.crop};
  auto const channels = static_cast<std::size_t>(picture.channels);
  PictureView const view{picture.pixels.data(), picture.width, picture.height, picture.channels,
                         channels * static_cast<std::size_t>(picture.width)};
  std::vector<std::uint8_t> interleaved(crop * crop * channels);
  resize_bilinear(view, width, height, window, interleaved);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < crop * crop; ++i) out[c * crop * crop + i] = interleaved[i * channels + c];
}

}  // namespace apq::image
