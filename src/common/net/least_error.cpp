#include "common/net/least_error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>

namespace apq::net {

double range_of_least_error(MagnitudeHistogram const& histogram, int levels) {
  constexpr int candidates = 100;
  auto const& cdf = histogram.cumulative;
  if (cdf.empty()) return histogram.maximum;
  double const width = histogram.maximum / static_cast<double>(cdf.size());
  double best = histogram.maximum, least = std::numeric_limits<double>::infinity();
  for (int c = candidates; c > 0; --c) {
    double const range = histogram.maximum * c / candidates, step = range / levels;
    double error = 0;
    for (std::size_t bin = 0; bin < cdf.size(); ++bin) {
      // In the first bin are the zeros, too, which have no error: it counts as 0.
      double const x = bin == 0 ? 0 : (static_cast<double>(bin) + 0.5) * width;
      double const off = x - std::nearbyint(std::min(x, range) / step) * step;
      error += (cdf[bin] - (bin == 0 ? 0 : cdf[bin - 1])) * off * off;
    }
    if (error < least) least = error, best = range;
  }
  return best;
}

double percentile(MagnitudeHistogram const& histogram, double share) {
  auto const& cdf = histogram.cumulative;
  auto const bin = std::lower_bound(cdf.begin(), cdf.end(), share) - cdf.begin();
  if (cdf.empty() || static_cast<std::size_t>(bin) + 1 >= cdf.size()) return histogram.maximum;
  return histogram.maximum * static_cast<double>(bin + 1) / static_cast<double>(cdf.size());
}

WeightRanges weight_ranges_of_least_error(at::Tensor const& w, WeightRanges largest, int bits) {
  at::NoGradGuard const no_grad;
  constexpr int candidates = 24;
  bool const is_of_tensor = largest.size() == 1;
  auto const rows = is_of_tensor ? w.detach().reshape({1, -1}) : w.detach().flatten(1);
  auto best = largest;
  std::vector<double> least(largest.size(), std::numeric_limits<double>::infinity());
  for (int c = candidates; 3 * c >= candidates; --c) {
    auto ranges = largest;
    for (auto& range : ranges) range *= static_cast<double>(c) / candidates;
    auto const errors = (quantise_weight(rows, ranges, bits) - rows).square_().sum(1, false, at::kDouble).to(at::kCPU).contiguous();
    for (std::size_t i = 0; i < ranges.size(); ++i)
      if (double const error = errors.data_ptr<double>()[i]; error < least[i]) least[i] = error, best[i] = ranges[i];
  }
  return best;
}

}  // namespace apq::net
