#include "train/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "common/core/error.hpp"

namespace apq::train {
namespace {

std::uint64_t pairs_of(std::uint64_t n) { return n * (n - (n > 0)) / 2; }

/// Pairs of equal neighbours in a sorted range.
template <class Equal>
std::uint64_t tied_pairs(std::size_t n, Equal equal) {
  std::uint64_t pairs = 0, run = 1;
  for (std::size_t i = 1; i < n; ++i) {
    run = equal(i - 1, i) ? run + 1 : 1;
    pairs += run - 1;
  }
  return pairs;
}

/// Sorts and returns the number of inversions (i < j with values[i] > values[j]).
std::uint64_t merge_sort_inversions(std::span<double> values, std::span<double> scratch) {
  if (values.size() < 2) return 0;
  auto const half = values.size() / 2;
  auto const left = values.first(half), right = values.subspan(half);
  std::uint64_t inversions = merge_sort_inversions(left, scratch) + merge_sort_inversions(right, scratch);
  std::size_t i = 0, j = 0;
  for (auto& out : scratch.first(values.size()))
    if (j == right.size() || (i < left.size() && left[i] <= right[j])) {
      out = left[i++];
    } else {
      out = right[j++];
      inversions += left.size() - i;
    }
  std::copy_n(scratch.begin(), values.size(), values.begin());
  return inversions;
}

std::vector<double> mid_ranks(std::span<double const> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0, last; first < order.size(); first = last) {
    for (last = first; last < order.size() && values[order[last]] == values[order[first]]; ++last) {
    }
    for (std::size_t i = first; i < last; ++i) ranks[order[i]] = 0.5 * static_cast<double>(first + last - 1);
  }
  return ranks;
}

void check(std::span<double const> x, std::span<double const> y) {
  if (x.size() != y.size()) throw Error(Errc::internal, "metrics: the two samples differ in length");
  auto const finite = [](double value) { return std::isfinite(value); };
  if (!std::all_of(x.begin(), x.end(), finite) || !std::all_of(y.begin(), y.end(), finite))
    throw Error(Errc::internal, "metrics: a value is not finite");
}

double quantile(std::vector<double> const& sorted, double share) {
  double const position = share * static_cast<double>(sorted.size() - 1);
  auto const below = static_cast<std::size_t>(position);
  auto const above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// `statistic` takes row indices.
Estimate bootstrap(std::size_t n, std::function<double(std::span<std::size_t const>)> const& statistic, int resamples,
                   RandomStream random) {
  std::vector<std::size_t> rows(n);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  Estimate result;
  result.value = result.low = result.high = statistic(rows);
  if (n == 0 || resamples == 0) return result;
  std::vector<double> values(static_cast<std::size_t>(resamples));
  for (auto& value : values) {
    for (auto& row : rows) row = random.below(n);
    value = statistic(rows);
  }
  std::sort(values.begin(), values.end());
  result.low = quantile(values, 0.025);
  result.high = quantile(values, 0.975);
  return result;
}

std::vector<double> at(std::span<double const> values, std::span<std::size_t const> rows) {
  std::vector<double> result(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) result[i] = values[rows[i]];
  return result;
}

}  // namespace

PairCounts count_pairs(std::span<double const> x, std::span<double const> y) {
  check(x, y);
  auto const n = x.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return x[a] != x[b] ? x[a] < x[b] : y[a] < y[b]; });
  PairCounts counts;
  counts.all = pairs_of(n);
  counts.tied_x = tied_pairs(n, [&](auto i, auto j) { return x[order[i]] == x[order[j]]; });
  counts.tied_both = tied_pairs(n, [&](auto i, auto j) { return x[order[i]] == x[order[j]] && y[order[i]] == y[order[j]]; });
  auto sorted = at(y, order);
  std::vector<double> scratch(n);
  counts.discordant = merge_sort_inversions(sorted, scratch);
  counts.tied_y = tied_pairs(n, [&](auto i, auto j) { return sorted[i] == sorted[j]; });
  counts.concordant = counts.all - counts.tied_x - counts.tied_y + counts.tied_both - counts.discordant;
  return counts;
}

double kendall_tau_b(std::span<double const> predicted, std::span<double const> truth) {
  auto const counts = count_pairs(predicted, truth);
  double const untied_x = static_cast<double>(counts.all - counts.tied_x);
  double const untied_y = static_cast<double>(counts.all - counts.tied_y);
  if (untied_x == 0 || untied_y == 0) return 0;
  return (static_cast<double>(counts.concordant) - static_cast<double>(counts.discordant)) / (std::sqrt(untied_x) * std::sqrt(untied_y));
}

double kendall_tau_within(std::span<double const> predicted, std::span<double const> truth, std::span<int const> groups) {
  if (predicted.size() != truth.size() || truth.size() != groups.size()) throw Error(Errc::internal, "kendall_tau_within: lengths differ");
  std::map<int, std::array<std::vector<double>, 2>> by_group;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto& [p, t] = by_group[groups[i]];
    p.push_back(predicted[i]);
    t.push_back(truth[i]);
  }
  double sum = 0, rows = 0;
  for (auto const& [group, pair] : by_group) {
    auto const n = static_cast<double>(pair[0].size());
    if (n < 2) continue;
    sum += n * kendall_tau_b(pair[0], pair[1]);
    rows += n;
  }
  return rows > 0 ? sum / rows : 0;
}

double spearman_rho(std::span<double const> predicted, std::span<double const> truth) {
  check(predicted, truth);
  auto const x = mid_ranks(predicted), y = mid_ranks(truth);
  double const mean = 0.5 * (static_cast<double>(x.size()) - 1);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
    xy += (x[i] - mean) * (y[i] - mean);
  }
  return xx == 0 || yy == 0 ? 0 : xy / (std::sqrt(xx) * std::sqrt(yy));
}

double pairwise_accuracy(std::span<double const> predicted, std::span<double const> truth) {
  auto const counts = count_pairs(predicted, truth);
  auto const ordered = counts.all - counts.tied_y;
  return ordered == 0 ? 0.5 : static_cast<double>(counts.concordant) / static_cast<double>(ordered);
}

double rmse_points(std::span<double const> predicted, std::span<double const> truth) {
  check(predicted, truth);
  if (predicted.empty()) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) sum += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
  return 100 * std::sqrt(sum / static_cast<double>(predicted.size()));
}

Estimate estimate(Statistic statistic, std::span<double const> predicted, std::span<double const> truth, int resamples,
                  RandomStream random) {
  check(predicted, truth);
  return bootstrap(
      truth.size(), [&](auto rows) { return statistic(at(predicted, rows), at(truth, rows)); }, resamples, random);
}

Estimate estimate_difference(Statistic statistic, std::span<double const> predicted_a, std::span<double const> predicted_b,
                             std::span<double const> truth, int resamples, RandomStream random) {
  check(predicted_a, truth);
  check(predicted_b, truth);
  auto const difference = [&](std::span<std::size_t const> rows) {
    auto const y = at(truth, rows);
    return statistic(at(predicted_a, rows), y) - statistic(at(predicted_b, rows), y);
  };
  return bootstrap(truth.size(), difference, resamples, random);
}

Metrics measure(std::span<double const> predicted, std::span<double const> truth, int resamples, std::uint64_t seed) {
  auto const with_interval = [&](Statistic statistic) {
    return estimate(statistic, predicted, truth, resamples, RandomStream(seed, "train.bootstrap"));
  };
  return {with_interval(kendall_tau_b), with_interval(spearman_rho), with_interval(pairwise_accuracy), with_interval(rmse_points)};
}

}  // namespace apq::train
