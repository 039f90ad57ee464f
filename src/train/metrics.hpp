#pragma once

#include <cstdint>
#include <span>

#include "common/core/random.hpp"

// How well predicted accuracies agree with measured ones. Pure functions; all spans [n] of equal
// length, accuracies in [0, 1].
namespace apq::train {

/// Numbers of unordered pairs {i, j} of two paired samples x, y.
struct PairCounts {
  std::uint64_t all = 0, concordant = 0, discordant = 0;
  std::uint64_t tied_x = 0, tied_y = 0,
                tied_both = 0;  ///< tied_x and tied_y both include tied_both
};
/// O(n log n) (Knight, JASA 61(314), 1966). @throws Error(internal) when lengths differ or a value
/// is not finite.
PairCounts count_pairs(std::span<double const> x, std::span<double const> y);

/// Kendall's tau-b (corrected for ties), in [-1, 1]; 0 when one side is constant, for then there is
/// no order to agree with.
double kendall_tau_b(std::span<double const> predicted, std::span<double const> truth);
/// Spearman's rho: Pearson's correlation of mid-ranks, in [-1, 1]; 0 when one side is constant.
double spearman_rho(std::span<double const> predicted, std::span<double const> truth);
/// Share of pairs put in the right order, in [0, 1] (APQ spec A8). Pairs whose truth is tied have
/// no right order and are left out; a predicted tie is wrong. 0.5, a coin's result, when every pair
/// is tied in truth.
double pairwise_accuracy(std::span<double const> predicted, std::span<double const> truth);
/// Root mean square error in percentage points; 0 for n = 0.
double rmse_points(std::span<double const> predicted, std::span<double const> truth);

/// Kendall's tau-b among the rows of each group (image size, say) alone, averaged over the groups with two
/// rows or more, each weighted by its rows; 0 when there is none. @param groups  [n].
double kendall_tau_within(std::span<double const> predicted, std::span<double const> truth, std::span<int const> groups);

/// A value with its 95 % percentile bootstrap interval over rows.
struct Estimate {
  double value = 0, low = 0, high = 0;
};
using Statistic = double (*)(std::span<double const> predicted, std::span<double const> truth);

/// @param resamples  0: low = high = value.
Estimate estimate(Statistic statistic, std::span<double const> predicted, std::span<double const> truth, int resamples,
                  RandomStream random);
/// statistic(a) - statistic(b) on the same rows, each resample drawing the same rows for both
/// (paired).
Estimate estimate_difference(Statistic statistic, std::span<double const> predicted_a, std::span<double const> predicted_b,
                             std::span<double const> truth, int resamples, RandomStream random);

struct Metrics {
  Estimate kendall_tau, spearman, pairwise_accuracy, rmse_points;
};
Metrics measure(std::span<double const> predicted, std::span<double const> truth, int resamples, std::uint64_t seed);

}  // namespace apq::train
