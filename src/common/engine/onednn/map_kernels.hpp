#pragma once

#include <cstddef>
#include <vector>

#include "common/engine/onednn/convolution.hpp"
#include "common/engine/onednn/input_code.hpp"

// Passes over channels-last float maps, [rows, channels] with rows = batch x height x width. Sums are taken in an order that depends on the
// map alone.
namespace apq::engine::onednn {

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

/// What a convolution with this epilogue, scales and shifts given, would have made of sums that one without wrote. In place where `to` is
/// `sums`, but for an epilogue that adds.
void apply(Epilogue const& epilogue, float const* sums, std::size_t rows, Number destination, void* to);

/// round(clamp(x, lowest, range) / step), half to even; lowest is 0 for unsigned codes and -range for signed ones. A step of zero gives
/// zeros.
void quantise(float const* from, std::size_t values, InputCode const& code, void* codes);

void to_floats(void const* codes, Number number, std::size_t values, float* to);

/// map *= h_sigmoid(gate), min(max(gate + 3, 0), 6) / 6. @param gates [images, channels]
void multiply_by_gates(float const* gates, std::size_t images, std::size_t rows_per_image, std::size_t channels, float* map);

/// Mean over each image's rows: [images, rows_per_image, channels] -> [images, channels].
void mean_over_map(float const* from, std::size_t images, std::size_t rows_per_image, std::size_t channels, float* to);

}  // namespace apq::engine::onednn
