#include "common/net/kl_threshold.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "common/core/random.hpp"

namespace {

using namespace apq;
using net::kl_threshold;
using net::magnitude_histogram;
using net::ThresholdSearch;

std::vector<double> normals(std::size_t n, std::uint64_t index, double heavy_tail = 0) {
  RandomStream random(7, "test.kl", index);
  std::vector<double> values(n);
  for (auto& x : values) {
    x = random.normal();
    if (random.chance(heavy_tail)) x *= 8;
  }
  return values;
}

TEST(MagnitudeHistogram, IsACumulativeDistributionOverAboutRootNBins) {
  auto const values = normals(10000, 0);
  auto const histogram = magnitude_histogram<double>(values);
  ASSERT_GE(histogram.cumulative.size(), 100u);
  EXPECT_LE(histogram.cumulative.size(), 101u);
  EXPECT_DOUBLE_EQ(histogram.cumulative.back(), 1.0);
  for (std::size_t i = 1; i < histogram.cumulative.size(); ++i) EXPECT_GE(histogram.cumulative[i], histogram.cumulative[i - 1]);
  double largest = 0;
  for (double x : values) largest = std::max(largest, std::abs(x));
  EXPECT_EQ(histogram.maximum, largest);
}

TEST(MagnitudeHistogram, CountsEveryValueInTheBinWhoseEdgesHoldIt) {
  auto const values = normals(5000, 3);
  auto const histogram = magnitude_histogram<double>(values);
  auto const bins = histogram.cumulative.size();
  for (std::size_t i = 0; i + 1 < bins; i += 7) {
    double const edge = static_cast<double>(i + 1) * (histogram.maximum / static_cast<double>(bins));
    std::size_t below = 0;
    for (double x : values) below += std::abs(x) < edge;
    EXPECT_DOUBLE_EQ(histogram.cumulative[i], static_cast<double>(below) / static_cast<double>(values.size()));
  }
}

// What a ReLU6 leaves: half zeros, many sixes, and here also values on the edges themselves.
TEST(MagnitudeHistogram, CountsZerosMaximaAndEdgesExactly) {
  std::vector<float> values;
  for (double const x : normals(7001, 4)) values.push_back(static_cast<float>(std::clamp(4 * x, 0.0, 6.0)));
  auto const num = values.size() + 84;
  auto const bins = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(num))));
  for (std::size_t i = 0; i < 84; ++i) values.push_back(static_cast<float>(static_cast<double>(i) * (6.0 / static_cast<double>(bins))));
  auto const histogram = magnitude_histogram<float>(values);
  ASSERT_EQ(histogram.cumulative.size(), bins);
  EXPECT_EQ(histogram.maximum, 6);
  for (std::size_t i = 0; i + 1 < bins; ++i) {
    double const edge = static_cast<double>(i + 1) * (6.0 / static_cast<double>(bins));
    auto const below = std::count_if(values.begin(), values.end(), [&](float x) { return static_cast<double>(x) < edge; });
    EXPECT_DOUBLE_EQ(histogram.cumulative[i], static_cast<double>(below) / static_cast<double>(num)) << i;
  }
  EXPECT_EQ(histogram.cumulative.back(), 1.0);
}

TEST(KlThreshold, AllZeroTensorGivesZeroAndFewBinsGiveTheMaximum) {
  std::vector<double> const zeros(100, 0.0);
  EXPECT_EQ(kl_threshold(magnitude_histogram<double>(zeros), 8, ThresholdSearch::exhaustive), 0.0);
  std::vector<double> const few{1.0, 2.0, 3.0, 4.0};
  EXPECT_EQ(kl_threshold(magnitude_histogram<double>(few), 8, ThresholdSearch::exhaustive), 4.0);
}

TEST(KlThreshold, ExhaustiveSearchTakesTheSmallestDivergence) {
  auto const histogram = magnitude_histogram<double>(normals(4000, 5, 0.01));
  int const levels = 8;
  auto const bins = histogram.cumulative.size();
  double best = INFINITY;
  std::size_t best_kept = 0;
  for (std::size_t kept = levels + 1; kept <= bins; ++kept)
    if (double const d = net::kl_divergence(histogram.cumulative, kept, levels); d < best) best = d, best_kept = kept;
  double const expected = (static_cast<double>(best_kept) + 0.5) * histogram.maximum / static_cast<double>(bins);
  EXPECT_DOUBLE_EQ(kl_threshold(histogram, levels, ThresholdSearch::exhaustive), expected);
}

// The grid is refined around the best candidate of each level: its divergence must be as good as the exhaustive one's.
TEST(KlThreshold, CoarseToFineIsAsGoodAsExhaustive) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    auto const histogram = magnitude_histogram<double>(normals(20000 + 1000 * i, 100 + i, 0.002 * static_cast<double>(i % 5)));
    for (int levels : {4, 8, 16}) {
      auto divergence_at = [&](double threshold) {
        auto const bins = static_cast<double>(histogram.cumulative.size());
        auto const kept = static_cast<std::size_t>(std::lround(threshold / histogram.maximum * bins - 0.5));
        return net::kl_divergence(histogram.cumulative, kept, levels);
      };
      double const exhaustive = divergence_at(kl_threshold(histogram, levels, ThresholdSearch::exhaustive));
      double const refined = divergence_at(kl_threshold(histogram, levels, ThresholdSearch::coarse_fine));
      EXPECT_GE(refined, exhaustive - 1e-12);
      EXPECT_LE(refined, exhaustive * 1.05 + 1e-9) << "case " << i << ", " << levels << " levels";
    }
  }
}

}  // namespace
