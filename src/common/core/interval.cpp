#include "common/core/interval.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace apq {
namespace {

/// P(|T| <= t) of Student's t (Abramowitz and Stegun, 26.7.3 and 26.7.4).
double student_within(double t, std::size_t degrees) {
  double const angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  double const cosine2 = std::cos(angle) * std::cos(angle);
  bool const is_odd = degrees % 2 == 1;
  double term = is_odd ? std::cos(angle) : 1, sum = degrees > 1 ? term : 0;
  for (std::size_t k = is_odd ? 3 : 2; k < degrees; k += 2) {
    term *= cosine2 * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  return is_odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

constexpr std::size_t nearly_normal = 10'000;  // degrees of freedom

}  // namespace

Interval wilson_interval(std::uint64_t correct, std::uint64_t total, double z) {
  if (total == 0) return {0.0, 1.0};
  double const n = static_cast<double>(total);
  double const p = static_cast<double>(correct) / n;
  double const z2 = z * z;
  double const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  double const half = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double two_sided_quantile(double confidence) {
  double low = 0, high = 40;
  while (high - low > 1e-12) {
    double const middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < confidence ? low : high) = middle;
  }
  return high;
}

double student_quantile(double confidence, std::size_t degrees) {
  if (degrees > nearly_normal) return two_sided_quantile(confidence);
  double low = 0, high = 1;
  while (student_within(high, degrees) < confidence) high *= 2;
  while (high - low > 1e-12 * high) {
    double const middle = (low + high) / 2;
    (student_within(middle, degrees) < confidence ? low : high) = middle;
  }
  return high;
}

std::optional<MeanInterval> mean_interval(std::span<double const> values, double confidence) {
  if (values.size() < 2) return std::nullopt;
  double const n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (double const value : values) sum += value;
  double const mean = sum / n;
  for (double const value : values) squares += (value - mean) * (value - mean);
  double const deviation = std::sqrt(squares / (n - 1));
  double const half = student_quantile(confidence, values.size() - 1) * deviation / std::sqrt(n);
  return MeanInterval{mean, mean - half, mean + half, deviation};
}

}  // namespace apq
