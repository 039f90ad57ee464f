#pragma once

#include <cstdint>

namespace apq {

struct Interval {
  double low, high;
};

/// Wilson score interval of a proportion (Wilson, JASA 22, 1927), in [0, 1].
/// @param z  standard normal quantile; 1.96 gives 95 %.
Interval wilson_interval(std::uint64_t correct, std::uint64_t total, double z = 1.959964);

/// Standard normal quantile z of a two-sided interval: P(|N| <= z) = confidence, which lies in (0, 1). 0.95 gives 1.959964.
double two_sided_quantile(double confidence);

}  // namespace apq
