#include "common/net/kl_threshold.hpp"

#include <algorithm>
#include <cmath>
#include <compare>

namespace apq::net {

template <class T>
MagnitudeHistogram magnitude_histogram(std::span<T const> values) {
  MagnitudeHistogram histogram;
  if (values.empty()) return histogram;
  double low = std::abs(static_cast<double>(values[0]));
  double high = low;
  for (T value : values) {
    double const x = std::abs(static_cast<double>(value));
    low = std::min(low, x);
    high = std::max(high, x);
  }
  histogram.maximum = high;
  if (!(high > 0) || !std::isfinite(high)) return histogram;
  // numpy: width = spread / sqrt(N), bins = ceil(range / width); all values equal give one bin.
  double const width = (high - low) / std::sqrt(static_cast<double>(values.size()));
  auto const bins = width > 0 ? static_cast<std::size_t>(std::ceil(high / width)) : std::size_t{1};
  std::vector<double> edges(bins + 1);
  double const step = high / static_cast<double>(bins);
  for (std::size_t i = 0; i < bins; ++i) edges[i] = static_cast<double>(i) * step;
  edges[bins] = high;
  double const scale = static_cast<double>(bins) / high;
  std::vector<std::size_t> counts(bins);
  for (T value : values) {
    double const x = std::abs(static_cast<double>(value));
    auto bin = std::min(static_cast<std::size_t>(x * scale), bins - 1);
    // Rounding of x * scale may land next door of the bin whose edges hold x.
    if (x < edges[bin] && bin > 0)
      --bin;
    else if (bin + 1 < bins && x >= edges[bin + 1])
      ++bin;
    ++counts[bin];
  }
  histogram.cumulative.resize(bins);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < bins; ++i) {
    sum += counts[i];
    histogram.cumulative[i] = static_cast<double>(sum) / static_cast<double>(values.size());
  }
  return histogram;
}
template MagnitudeHistogram magnitude_histogram<float>(std::span<float const>);
template MagnitudeHistogram magnitude_histogram<double>(std::span<double const>);

namespace {

// sum over the kept bins only: the clipped tail contributes the suffix sums below.
double kept_divergence(std::span<double const> cdf, std::size_t kept, int levels) {
  // p = cdf with p[kept-1:] = 1; q interpolates p[:kept] at `levels` equispaced positions, then
  // back to all of them.
  auto p = [&](std::size_t j) { return j + 1 >= kept ? 1.0 : cdf[j]; };
  double const last = static_cast<double>(kept - 1);
  std::vector<double> knots(static_cast<std::size_t>(levels));
  for (int k = 0; k < levels; ++k) {
    double const position = last * k / (levels - 1);
    auto const j = std::min(static_cast<std::size_t>(position), kept - 1);
    double const fraction = position - static_cast<double>(j);
    knots[static_cast<std::size_t>(k)] =
        fraction == 0 || j + 1 >= kept ? p(j) : p(j) + (p(j + 1) - p(j)) * fraction;
  }
  double sum = 0;
  for (std::size_t j = 0; j < kept; ++j) {
    double const position = static_cast<double>(j) * (levels - 1) / last;
    auto const k =
        std::min(static_cast<std::size_t>(position), static_cast<std::size_t>(levels - 1));
    double const fraction = position - static_cast<double>(k);
    double const q = k + 1 >= static_cast<std::size_t>(levels)
                         ? knots[k]
                         : knots[k] + (knots[k + 1] - knots[k]) * fraction;
    // An empty first bin would be 0/0 (the release then picks NaN): a term without mass contributes
    // nothing.
    if (cdf[j] > 0 && q > 0) sum += (cdf[j] - q) * std::log2(cdf[j] / q);
  }
  return sum;
}

std::vector<double> tail_divergence(std::span<double const> cdf) {
  std::vector<double> tail(cdf.size() + 1);
  for (std::size_t j = cdf.size(); j-- > 0;)
    tail[j] = tail[j + 1] + (cdf[j] > 0 ? (cdf[j] - 1.0) * std::log2(cdf[j]) : 0.0);
  return tail;
}

}  // namespace

double kl_divergence(std::span<double const> cdf, std::size_t kept, int levels) {
  return kept_divergence(cdf, kept, levels) + tail_divergence(cdf)[kept];
}

double kl_threshold(MagnitudeHistogram const& histogram, int levels, ThresholdSearch search) {
  std::span<double const> const cdf = histogram.cumulative;
  auto const bins = cdf.size();
  auto const first = static_cast<std::size_t>(levels) + 1;
  if (first > bins) return histogram.maximum;
  double const bin_width = histogram.maximum / static_cast<double>(bins);
  auto const tail = tail_divergence(cdf);
  struct Kept {
    double divergence;
    std::size_t bins;
    auto operator<=>(Kept const&) const = default;
  };
  auto scan = [&](std::size_t from, std::size_t to, std::size_t stride) {  // [from, to]
    std::vector<Kept> scanned;
    for (std::size_t kept = from; kept <= to; kept += stride)
      scanned.push_back({kept_divergence(cdf, kept, levels) + tail[kept], kept});
    std::sort(scanned.begin(), scanned.end());
    return scanned;
  };
  std::size_t stride =
      search == ThresholdSearch::exhaustive ? 1 : std::max<std::size_t>(1, (bins - first) / 64);
  auto candidates = scan(first, bins, stride);
  // The divergence has several valleys: each level refines the best few candidates, 16 times finer,
  // O(bins) each.
  while (stride > 1) {
    auto const reach = stride;
    stride = std::max<std::size_t>(1, stride / 16);
    candidates.resize(std::min<std::size_t>(candidates.size(), 4));
    std::vector<Kept> refined = candidates;
    for (auto const& centre : candidates) {
      auto const from = std::max(first, centre.bins - std::min(centre.bins, reach));
      auto const around = scan(from, std::min(bins, centre.bins + reach), stride);
      refined.insert(refined.end(), around.begin(), around.end());
    }
    std::sort(refined.begin(), refined.end());
    candidates = std::move(refined);
  }
  std::size_t const best = candidates.front().bins;
  return (static_cast<double>(best) + 0.5) * bin_width;
}

}  // namespace apq::net
