#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace apq::net {

/// Smallest and largest |x| of values that come in parts. A NaN among them stays the largest.
struct MagnitudeRange {
  double low = 0, high = 0;
  std::size_t count = 0;
  template <class T>
  void add(std::span<T const> values);
};

/// Cumulative histogram of |x| on [0, max|x|] with about sqrt(N) equal bins (numpy's "sqrt" rule, bin edges included).
struct MagnitudeHistogram {
  std::vector<double> cumulative;  ///< [bins], last is 1
  double maximum = 0;              ///< right edge of the last bin
};

/// Counts values that come in parts; their range must be known before.
class HistogramCounter {
 public:
  explicit HistogramCounter(MagnitudeRange const& range);
  template <class T>
  void add(std::span<T const> values);
  MagnitudeHistogram histogram() const;

 private:
  std::size_t bin_of(double magnitude) const;
  double maximum_ = 0, scale_ = 0;
  std::vector<double> edges_;
  std::vector<std::size_t> counts_;  // [bins], and a few slots for zeros
};

template <class T>
MagnitudeHistogram magnitude_histogram(std::span<T const> values);

enum class ThresholdSearch {
  exhaustive,  ///< every candidate, O(bins^2): what the release does
  coarse_fine  ///< candidates on a grid that is refined around the best, O(bins log bins)
};

/// Clipping threshold for low bit widths (APQ spec A6, from HAQ): keeps the first i bins, replaces their cumulative
/// distribution by a linear interpolation through `levels` equispaced points, and takes the i with the smallest
/// divergence. @param levels  number of levels, >= 2. @return a threshold > 0, at most half a bin above the
/// maximum; the maximum when there are fewer than levels + 1 bins; 0 for an all-zero histogram.
double kl_threshold(MagnitudeHistogram const& histogram, int levels, ThresholdSearch search);

/// Divergence of keeping `kept` bins, levels + 1 <= kept <= bins; exposed for tests.
double kl_divergence(std::span<double const> cumulative, std::size_t kept, int levels);

}  // namespace apq::net
