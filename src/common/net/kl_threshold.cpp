#include "common/net/kl_threshold.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>

#include "common/core/per_processor.hpp"

namespace apq::net {

namespace {

// Magnitudes order as the integers that their bits are; unlike floats, those have a minimum that vectorises.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <class T>
struct Magnitudes {
  Bits<T> smallest = std::numeric_limits<Bits<T>>::max() >> 1, largest = 0;
};
template <class T>
inline __attribute__((always_inline)) Magnitudes<T> magnitudes_of(T const* values, std::size_t count) {
  constexpr Bits<T> magnitude = std::numeric_limits<Bits<T>>::max() >> 1;
  Magnitudes<T> found;
  for (std::size_t i = 0; i < count; ++i) {
    auto const bits = std::bit_cast<Bits<T>>(values[i]) & magnitude;
    found.smallest = std::min(found.smallest, bits);
    found.largest = std::max(found.largest, bits);
  }
  return found;
}
APQ_PER_PROCESSOR Magnitudes<float> magnitudes(float const* values, std::size_t count) { return magnitudes_of(values, count); }
APQ_PER_PROCESSOR Magnitudes<double> magnitudes(double const* values, std::size_t count) { return magnitudes_of(values, count); }

constexpr double near_edge = 1e-6;  // in bins: what rounding can move, by far
constexpr int zero_slots = 8;       // behind the bins: half of what a ReLU leaves is zero, and a single counter would wait for itself

/// Where each value is counted: its bin, a slot for zeros, whole blocks at a time. False when one lies so near an edge that the edges must
/// decide.
template <class T>
inline __attribute__((always_inline)) bool places_of(T const* values, std::size_t count, double scale, std::int32_t num_bins,
                                                     std::int32_t* places) {
  std::int32_t unclear = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double const place = std::abs(static_cast<double>(values[i])) * scale;
    auto const bin = std::min(static_cast<std::int32_t>(place), num_bins - 1);
    double const fraction = place - bin;
    unclear |= (static_cast<std::int32_t>(fraction < near_edge) & static_cast<std::int32_t>(place != 0)) |
               (static_cast<std::int32_t>(fraction > 1 - near_edge) & static_cast<std::int32_t>(bin < num_bins - 1));
    places[i] = place != 0 ? bin : num_bins + static_cast<std::int32_t>(i % zero_slots);
  }
  return unclear == 0;
}
APQ_PER_PROCESSOR bool places(float const* values, std::size_t count, double scale, std::int32_t num_bins, std::int32_t* to) {
  return places_of(values, count, scale, num_bins, to);
}
APQ_PER_PROCESSOR bool places(double const* values, std::size_t count, double scale, std::int32_t num_bins, std::int32_t* to) {
  return places_of(values, count, scale, num_bins, to);
}

}  // namespace

template <class T>
void MagnitudeRange::add(std::span<T const> values) {
  if (values.empty()) return;
  auto const [smallest, largest] = magnitudes(values.data(), values.size());
  double const l = std::bit_cast<T>(smallest), h = std::bit_cast<T>(largest);
  low = count == 0 ? l : std::min(low, l);
  if (!std::isnan(high) && !(h <= high)) high = h;
  count += values.size();
}
template void MagnitudeRange::add<float>(std::span<float const>);
template void MagnitudeRange::add<double>(std::span<double const>);

HistogramCounter::HistogramCounter(MagnitudeRange const& range) : maximum_(range.high) {
  if (!(maximum_ > 0) || !std::isfinite(maximum_)) return;
  // numpy: width = spread / sqrt(N), bins = ceil(range / width); all values equal give one bin.
  double const width = (range.high - range.low) / std::sqrt(static_cast<double>(range.count));
  auto const bins = width > 0 ? static_cast<std::size_t>(std::ceil(maximum_ / width)) : std::size_t{1};
  edges_.resize(bins + 1);
  double const step = maximum_ / static_cast<double>(bins);
  for (std::size_t i = 0; i < bins; ++i) edges_[i] = static_cast<double>(i) * step;
  edges_[bins] = maximum_;
  scale_ = static_cast<double>(bins) / maximum_;
  counts_.resize(bins + zero_slots);
}

std::size_t HistogramCounter::bin_of(double x) const {
  auto const bins = edges_.size() - 1;
  double const place = x * scale_;
  auto bin = std::min(static_cast<std::size_t>(place), bins - 1);
  // Rounding of x * scale may land next door of the bin whose edges hold x; far from an edge it cannot.
  double const fraction = place - static_cast<double>(bin);
  if (fraction > near_edge && fraction < 1 - near_edge) return bin;
  if (x < edges_[bin] && bin > 0) return bin - 1;
  if (bin + 1 < bins && x >= edges_[bin + 1]) return bin + 1;
  return bin;
}

template <class T>
void HistogramCounter::add(std::span<T const> values) {
  if (counts_.empty()) return;
  constexpr std::size_t block = 512;
  std::array<std::int32_t, block> at;
  auto const bins = static_cast<std::int32_t>(edges_.size() - 1);
  for (std::size_t first = 0; first < values.size(); first += block) {
    auto const some = values.subspan(first, std::min(block, values.size() - first));
    if (places(some.data(), some.size(), scale_, bins, at.data()))
      for (std::size_t i = 0; i < some.size(); ++i) ++counts_[static_cast<std::size_t>(at[i])];
    else
      for (T const value : some) ++counts_[bin_of(std::abs(static_cast<double>(value)))];
  }
}
template void HistogramCounter::add<float>(std::span<float const>);
template void HistogramCounter::add<double>(std::span<double const>);

MagnitudeHistogram HistogramCounter::histogram() const {
  MagnitudeHistogram result;
  result.maximum = maximum_;
  if (counts_.empty()) return result;
  auto const zeros = counts_.end() - zero_slots;
  double const total = static_cast<double>(std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}));
  result.cumulative.reserve(counts_.size());
  auto sum = std::accumulate(zeros, counts_.end(), std::size_t{0});  // in the first bin
  for (auto count = counts_.begin(); count != zeros; ++count) result.cumulative.push_back(static_cast<double>(sum += *count) / total);
  return result;
}

template <class T>
MagnitudeHistogram magnitude_histogram(std::span<T const> values) {
  MagnitudeRange range;
  range.add(values);
  HistogramCounter counter(range);
  counter.add(values);
  return counter.histogram();
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
    knots[static_cast<std::size_t>(k)] = fraction == 0 || j + 1 >= kept ? p(j) : p(j) + (p(j + 1) - p(j)) * fraction;
  }
  double sum = 0;
  for (std::size_t j = 0; j < kept; ++j) {
    double const position = static_cast<double>(j) * (levels - 1) / last;
    auto const k = std::min(static_cast<std::size_t>(position), static_cast<std::size_t>(levels - 1));
    double const fraction = position - static_cast<double>(k);
    double const q = k + 1 >= static_cast<std::size_t>(levels) ? knots[k] : knots[k] + (knots[k + 1] - knots[k]) * fraction;
    // An empty first bin would be 0/0 (the release then picks NaN): a term without mass contributes
    // nothing.
    if (cdf[j] > 0 && q > 0) sum += (cdf[j] - q) * std::log2(cdf[j] / q);
  }
  return sum;
}

std::vector<double> tail_divergence(std::span<double const> cdf) {
  std::vector<double> tail(cdf.size() + 1);
  for (std::size_t j = cdf.size(); j-- > 0;) tail[j] = tail[j + 1] + (cdf[j] > 0 ? (cdf[j] - 1.0) * std::log2(cdf[j]) : 0.0);
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
    for (std::size_t kept = from; kept <= to; kept += stride) scanned.push_back({kept_divergence(cdf, kept, levels) + tail[kept], kept});
    std::sort(scanned.begin(), scanned.end());
    return scanned;
  };
  std::size_t stride = search == ThresholdSearch::exhaustive ? 1 : std::max<std::size_t>(1, (bins - first) / 64);
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
