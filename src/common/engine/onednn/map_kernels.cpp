#include "common/engine/onednn/map_kernels.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "common/core/per_processor.hpp"

namespace apq::engine::onednn {
namespace {

constexpr std::size_t block_rows = 64;      // of statistics: a block of rows and channels fits the first cache, so that
constexpr std::size_t block_channels = 64;  // the second look at it is cheap, and its sums fit the registers

/// Means over the rows, then squared distances to them, of at most block_channels channels.
template <class Channels>
inline __attribute__((always_inline)) void block_statistics(float const* map, std::size_t rows, std::size_t stride, Channels channels,
                                                            float* mean, float* spread) {
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

// Adding and taking away 1.5 x 2^23 rounds a small float to an integer, half to even; it vectorises where rint() does not.
constexpr float rounder = 12582912.0F;

template <class Code>
inline __attribute__((always_inline)) void quantise_values(float const* from, std::size_t values, float step, float lowest, float range,
                                                           Code* codes) {
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

/// An epilogue without the containers.
struct Finish {
  float const *scales, *shifts;
  float unit, lowest, highest;
};

template <bool has_h_swish, bool adds, class To>
inline __attribute__((always_inline)) void finish_rows(float const* sums, std::size_t rows, std::size_t channels, Finish const& f, To* to) {
  // Copies: a byte that is written could be one of theirs, for all the compiler knows.
  auto const *const scales = f.scales, *const shifts = f.shifts;
  float const unit = f.unit / 6.0F, lowest = f.lowest, highest = f.highest;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) {
      auto const i = r * channels + c;
      float y = sums[i] * scales[c] + shifts[c];
      if constexpr (adds) y += to[i];
      if constexpr (has_h_swish) {
        float const gate = y + 3.0F;
        y *= (gate < 0.0F ? 0.0F : gate > 6.0F ? 6.0F : gate) * unit;
      }
      y = y < lowest ? lowest : y > highest ? highest : y;
      if constexpr (std::is_same_v<To, float>) to[i] = y;
      else to[i] = static_cast<To>(static_cast<int>((y + rounder) - rounder));
    }
}
#define APQ_FINISH(NAME, HAS_H_SWISH, ADDS, TO)                                                                     \
  APQ_PER_PROCESSOR void NAME(float const* sums, std::size_t rows, std::size_t channels, Finish const& f, TO* to) { \
    finish_rows<HAS_H_SWISH, ADDS>(sums, rows, channels, f, to);                                                    \
  }
APQ_FINISH(clip_to_float, false, false, float)
APQ_FINISH(add_to_float, false, true, float)
APQ_FINISH(h_swish_to_float, true, false, float)
APQ_FINISH(clip_to_unsigned, false, false, std::uint8_t)
APQ_FINISH(h_swish_to_unsigned, true, false, std::uint8_t)
APQ_FINISH(clip_to_signed, false, false, std::int8_t)
APQ_FINISH(h_swish_to_signed, true, false, std::int8_t)
#undef APQ_FINISH

Finish finish_of(Epilogue const& epilogue) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return {epilogue.scales.data(), epilogue.shifts.data(), epilogue.unit, epilogue.lowest.value_or(-infinity),
          epilogue.highest.value_or(infinity)};
}

APQ_PER_PROCESSOR void gate_rows(float const* gates, std::size_t rows, std::size_t channels, float* map) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) map[r * channels + c] *= gates[c];
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

void apply(Epilogue const& epilogue, float const* sums, std::size_t rows, Number destination, void* to) {
  bool const h = epilogue.has_h_swish;
  auto const channels = epilogue.scales.size();
  auto const finish = finish_of(epilogue);
  switch (destination) {
    case Number::f32:
      return (epilogue.adds_to_destination ? add_to_float
              : h                          ? h_swish_to_float
                                           : clip_to_float)(sums, rows, channels, finish, static_cast<float*>(to));
    case Number::u8:
      return (h ? h_swish_to_unsigned : clip_to_unsigned)(sums, rows, channels, finish, static_cast<std::uint8_t*>(to));
    case Number::s8:
      return (h ? h_swish_to_signed : clip_to_signed)(sums, rows, channels, finish, static_cast<std::int8_t*>(to));
  }
}

void quantise(float const* from, std::size_t values, InputCode const& code, void* codes) {
  float const step = code.step();
  if (!(step > 0)) std::memset(codes, 0, values);
  else if (code.is_signed) quantise_signed(from, values, step, code.range, static_cast<std::int8_t*>(codes));
  else quantise_unsigned(from, values, step, code.range, static_cast<std::uint8_t*>(codes));
}

void to_floats(void const* codes, Number number, std::size_t values, float* to) {
  if (number == Number::s8) codes_to_floats(static_cast<std::int8_t const*>(codes), values, to);
  else codes_to_floats(static_cast<std::uint8_t const*>(codes), values, to);
}

void multiply_by_gates(float const* gates, std::size_t images, std::size_t rows_per_image, std::size_t channels, float* map) {
  std::vector<float> factors(channels);
  for (std::size_t i = 0; i < images; ++i) {
    std::transform(gates + i * channels, gates + (i + 1) * channels, factors.begin(),
                   [](float gate) { return std::clamp(gate + 3.0F, 0.0F, 6.0F) / 6.0F; });
    gate_rows(factors.data(), rows_per_image, channels, map + i * rows_per_image * channels);
  }
}

void mean_over_map(float const* from, std::size_t images, std::size_t rows_per_image, std::size_t channels, float* to) {
  for (std::size_t i = 0; i < images; ++i) mean_rows(from + i * rows_per_image * channels, rows_per_image, channels, to + i * channels);
}

}  // namespace apq::engine::onednn
