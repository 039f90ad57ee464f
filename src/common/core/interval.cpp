#include "common/core/interval.hpp"

#include <algorithm>
#include <cmath>

namespace apq {

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

}  // namespace apq
