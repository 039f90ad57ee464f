#include "common/engine/onednn/map_kernels.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include "common/core/per_processor.hpp"
#include "common/engine/onednn/activation.hpp"

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

/// A sum that no curve bends.
struct Straight {
  explicit Straight(float /*unit*/) {}
  float operator()(float z) const { return z; }
};

template <class Bend, bool adds, class To>
inline __attribute__((always_inline)) void finish_rows(float const* sums, std::size_t rows, std::size_t channels, Finish const& f, To* to) {
  // Copies: a byte that is written could be one of theirs, for all the compiler knows.
  auto const *const scales = f.scales, *const shifts = f.shifts;
  float const lowest = f.lowest, highest = f.highest;
  Bend const bend(f.unit);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) {
      auto const i = r * channels + c;
      float y = sums[i] * scales[c] + shifts[c];
      if constexpr (adds) y += to[i];
      y = bend(y);
      y = y < lowest ? lowest : y > highest ? highest : y;
      if constexpr (std::is_same_v<To, float>) to[i] = y;
      else to[i] = static_cast<To>(static_cast<int>((y + rounder) - rounder));
    }
}
#define APQ_FINISH(NAME, BEND, ADDS, TO)                                                                            \
  APQ_PER_PROCESSOR void NAME(float const* sums, std::size_t rows, std::size_t channels, Finish const& f, TO* to) { \
    finish_rows<BEND, ADDS>(sums, rows, channels, f, to);                                                           \
  }
#define APQ_FINISH_ALL(NAME, BEND)                 \
  APQ_FINISH(NAME##_to, BEND, false, float)        \
  APQ_FINISH(NAME##_to, BEND, false, std::uint8_t) \
  APQ_FINISH(NAME##_to, BEND, false, std::int8_t)
#define APQ_FINISH_CURVE(NAME) APQ_FINISH_ALL(NAME, Curve<space::Activation::NAME>)
APQ_FINISH_ALL(straight, Straight)
APQ_FINISH(add_to_float, Straight, true, float)
APQ_CURVED_ACTIVATIONS(APQ_FINISH_CURVE)

template <class To>
void finish_without_adding(std::optional<space::Activation> curve, float const* sums, std::size_t rows, std::size_t channels,
                           Finish const& f, To* to) {
#define APQ_TRY(NAME) \
  if (curve == space::Activation::NAME) return NAME##_to(sums, rows, channels, f, to);
  APQ_CURVED_ACTIVATIONS(APQ_TRY)
#undef APQ_TRY
  straight_to(sums, rows, channels, f, to);
}
#undef APQ_FINISH_CURVE
#undef APQ_FINISH_ALL
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
  auto const channels = epilogue.scales.size();
  auto const finish = finish_of(epilogue);
  switch (destination) {
    case Number::f32:
      if (epilogue.adds_to_destination) return add_to_float(sums, rows, channels, finish, static_cast<float*>(to));
      return finish_without_adding(epilogue.curve, sums, rows, channels, finish, static_cast<float*>(to));
    case Number::u8:
      return finish_without_adding(epilogue.curve, sums, rows, channels, finish, static_cast<std::uint8_t*>(to));
    case Number::s8:
      return finish_without_adding(epilogue.curve, sums, rows, channels, finish, static_cast<std::int8_t*>(to));
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
