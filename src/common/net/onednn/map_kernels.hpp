#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// Passes over channels-last float maps, [rows, channels] with rows = batch x height x width. Sums are taken in an order that depends on the map alone.
namespace apq::net::onednn {

/// Mean and spread per channel, gathered map by map.
class ChannelStatistics {
 public:
  explicit ChannelStatistics(std::size_t channels) : mean_(channels), spread_(channels) {}
  void add(float const* map, std::size_t rows);
  std::vector<double> const& mean() const { return mean_; }
  /// Biased: divided by the number of rows.
  std::vector<double> variance() const;

 private:
  std::vector<double> mean_, spread_;  // spread: sum of squared distances to the mean
  double rows_ = 0;
};

/// clamp(scale_c * x + shift_c, lowest, highest). In place when `to` is `from`.
void scale_and_clip(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float lowest,
                    float highest, float* to);
/// The same without bounds, and what lies in `to` is added.
void scale_and_add(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float* to);

/// round(clamp(x, lowest, range) / step), half to even; lowest is 0 for unsigned codes and -range for signed ones. A step of zero gives zeros.
void quantise(float const* from, std::size_t values, float step, float range, std::uint8_t* codes);
void quantise(float const* from, std::size_t values, float step, float range, std::int8_t* codes);

/// quantise(scale_and_clip(from)) in one pass; the code's range must lie within the bounds.
void scale_and_quantise(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float lowest,
                        float highest, float step, std::uint8_t* codes);
void scale_and_quantise(float const* from, std::size_t rows, std::span<float const> scales, std::span<float const> shifts, float lowest,
                        float highest, float step, std::int8_t* codes);
void to_floats(std::int8_t const* codes, std::size_t values, float* to);
void to_floats(std::uint8_t const* codes, std::size_t values, float* to);

/// Mean over each image's rows: [images, rows_per_image, channels] -> [images, channels].
void mean_over_map(float const* from, std::size_t images, std::size_t rows_per_image, std::size_t channels, float* to);

}  // namespace apq::net::onednn
