#include "common/net/onednn/map_kernels.hpp"

#include <algorithm>
#include <type_traits>

#include "common/core/per_processor.hpp"

namespace apq::net::onednn {
namespace {

constexpr std::size_t block_rows = 64;   // of statistics: a block of rows and channels fits the first cache, so that
constexpr std::size_t block_channels = 64;  // the second look at it is cheap, and its sums fit the registers

/// Means over the rows, then squared distances to them, of at most block_channels channels.
template <class Channels>
inline __attribute__((always_inline)) void block_statistics(float const* map, std::size_t rows, std::size_t stride, Channels channels, float* mean,
                                                            float* spread) {
  float sums[block_channels] = {}, squares[block_channels] = {};
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) sums[c] += map[r * stride + c];
  float const inverse = 1.0F / static_cast<float>(rows);
  for (std::size_t c = 0; c < channels; ++c) sums[c] *= inverse;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) {
      float const distance = map[r * stride + c] - sums[c];
      squares[c] += distance * distance;
    }
  for (std::size_t c = 0; c < channels; ++c) {
    mean[c] = sums[c];
    spread[c] = squares[c];
  }
}

APQ_PER_PROCESSOR void row_statistics(float const* map, std::size_t rows, std::size_t channels, float* mean, float* spread) {
  std::size_t c = 0;
  for (; c + block_channels <= channels; c += block_channels)
    block_statistics(map + c, rows, channels, std::integral_constant<std::size_t, block_channels>{}, mean + c, spread + c);
  if (c < channels) block_statistics(map + c, rows, channels, channels - c, mean + c, spread + c);
}

APQ_PER_PROCESSOR void scale_and_clip_rows(float const* from, std::size_t rows, std::size_t channels, float const* scales, float const* shifts,
                                    float lowest, float highest, float* to) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) {
      float const y = from[r * channels + c] * scales[c] + shifts[c];
      to[r * channels + c] = y < lowest ? lowest : y > highest ? highest : y;
    }
}

APQ_PER_PROCESSOR void scale_and_add_rows(float const* from, std::size_t rows, std::size_t channels, float const* scales, float const* shifts, float* to) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) to[r * channels + c] += from[r * channels + c] * scales[c] + shifts[c];
}

// Adding and taking away 1.5 x 2^23 rounds a small float to an integer, half to even; it vectorises where rint() does not.
constexpr float rounder = 12582912.0F;

template <class Code>
inline __attribute__((always_inline)) void quantise_values(float const* from, std::size_t values, float step, float lowest, float range, Code* codes) {
  for (std::size_t i = 0; i < values; ++i) {
    float const x = from[i] < lowest ? lowest : from[i] > range ? range : from[i];
    codes[i] = static_cast<Code>(static_cast<int>((x / step + rounder) - rounder));
  }
}
APQ_PER_PROCESSOR void quantise_unsigned(float const* from, std::size_t values, float step, float range, std::uint8_t* codes) {
  quantise_values(from, values, step, 0.0F, range, codes);
}
APQ_PER_PROCESSOR void quantise_signed(float const* from, std::size_t values, float step, float range, std::int8_t* codes) {
  quantise_values(from, values, step, -range, range, codes);
}

template <class Code>
inline __attribute__((always_inline)) void scale_and_quantise_rows(float const* from, std::size_t rows, std::size_t channels, float const* scales,
                                                                   float const* shifts, float lowest, float highest, float step, Code* codes) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) {
      float const y = from[r * channels + c] * scales[c] + shifts[c];
      float const x = y < lowest ? lowest : y > highest ? highest : y;
      codes[r * channels + c] = static_cast<Code>(static_cast<int>((x / step + rounder) - rounder));
    }
}
APQ_PER_PROCESSOR void scale_and_quantise_unsigned(float const* from, std::size_t rows, std::size_t channels, float const* scales, float const* shifts,
                                                   float lowest, float highest, float step, std::uint8_t* codes) {
  scale_and_quantise_rows(from, rows, channels, scales, shifts, lowest, highest, step, codes);
}
APQ_PER_PROCESSOR void scale_and_quantise_signed(float const* from, std::size_t rows, std::size_t channels, float const* scales, float const* shifts,
                                                 float lowest, float highest, float step, std::int8_t* codes) {
  scale_and_quantise_rows(from, rows, channels, scales, shifts, lowest, highest, step, codes);
}

APQ_PER_PROCESSOR void codes_to_floats(std::int8_t const* codes, std::size_t values, float* to) {
  for (std::size_t i = 0; i < values; ++i) to[i] = static_cast<float>(codes[i]);
}
APQ_PER_PROCESSOR void codes_to_floats(std::uint8_t const* codes, std::size_t values, float* to) {
  for (std::size_t i = 0; i < values; ++i) to[i] = static_cast<float>(codes[i]);
}

APQ_PER_PROCESSOR void mean_rows(float const* from, std::size_t rows, std::size_t channels, float* to) {
  std::fill_n(to, channels, 0.0F);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) to[c] += from[r * channels + c];
  float const inverse = 1.0F / static_cast<float>(rows);
  for (std::size_t c = 0; c < channels; ++c) to[c] *= inverse;
}

}  // namespace

void ChannelStatistics::add(float const* map, std::size_t rows) {
  auto const channels = mean_.size();
  std::vector<float> mean(channels), spread(channels);
  for (std::size_t first = 0; first < rows; first += block_rows) {
    auto const count = std::min(block_rows, rows - first);
    row_statistics(map + first * channels, count, channels, mean.data(), spread.data());
    // Chan, Golub and LeVeque's merge of two groups' means and spreads.
    double const n = static_cast<double>(count), total = rows_ + n;
    for (std::size_t c = 0; c < channels; ++c) {
      double const gap = mean[c] - mean_[c];
      mean_[c] += gap * n / total;
      spread_[c] += spread[c] + gap * gap * rows_ * n / total;
    }
    rows_ = total;
  }
}

std::vector<double> ChannelStatistics::variance() const {
  auto result = spread_;
  for (auto& v : result) v = rows_ > 0 ? v / rows_ : 0;
  return result;
}

void scale_and_clip(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float lowest,
                    float highest, float* to) {
  scale_and_clip_rows(from, rows, scales.size(), scales.data(), shifts.data(), lowest, highest, to);
}

void scale_and_add(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float* to) {
  scale_and_add_rows(from, rows, scales.size(), scales.data(), shifts.data(), to);
}

void quantise(float const* from, std::size_t values, float step, float range, std::uint8_t* codes) {
  if (!(step > 0)) return void(std::fill_n(codes, values, std::uint8_t{0}));
  quantise_unsigned(from, values, step, range, codes);
}

void quantise(float const* from, std::size_t values, float step, float range, std::int8_t* codes) {
  if (!(step > 0)) return void(std::fill_n(codes, values, std::int8_t{0}));
  quantise_signed(from, values, step, range, codes);
}

void scale_and_quantise(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float lowest,
                        float highest, float step, std::uint8_t* codes) {
  if (!(step > 0)) return void(std::fill_n(codes, rows * scales.size(), std::uint8_t{0}));
  scale_and_quantise_unsigned(from, rows, scales.size(), scales.data(), shifts.data(), lowest, highest, step, codes);
}

void scale_and_quantise(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float lowest,
                        float highest, float step, std::int8_t* codes) {
  if (!(step > 0)) return void(std::fill_n(codes, rows * scales.size(), std::int8_t{0}));
  scale_and_quantise_signed(from, rows, scales.size(), scales.data(), shifts.data(), lowest, highest, step, codes);
}

void to_floats(std::int8_t const* codes, std::size_t values, float* to) { codes_to_floats(codes, values, to); }
void to_floats(std::uint8_t const* codes, std::size_t values, float* to) { codes_to_floats(codes, values, to); }

void mean_over_map(float const* from, std::size_t images, std::size_t rows_per_image, std::size_t channels, float* to) {
  for (std::size_t i = 0; i < images; ++i) mean_rows(from + i * rows_per_image * channels, rows_per_image, channels, to + i * channels);
}

}  // namespace apq::net::onednn
