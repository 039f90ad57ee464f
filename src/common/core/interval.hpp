#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace apq {

struct Interval {
  double low, high;
};

/// Wilson score interval of a proportion (Wilson, JASA 22, 1927), in [0, 1].
/// @param z  standard normal quantile; 1.96 gives 95 %.
Interval wilson_interval(std::uint64_t correct, std::uint64_t total, double z = 1.959964);

/// Standard normal quantile z of a two-sided interval: P(|N| <= z) = confidence, which lies in (0, 1). 0.95 gives 1.959964.
double two_sided_quantile(double confidence);

/// The same of Student's t with `degrees` >= 1 degrees of freedom: 12.7062 for 1 and 0.95, 2.2281 for 10. Above 10,000 the normal one,
/// which then differs by less than 0.0003.
double student_quantile(double confidence, std::size_t degrees);

/// A mean with the confidence interval of Student's t.
struct MeanInterval {
  double mean = 0, low = 0, high = 0;
  double deviation = 0;  ///< standard deviation of one value (n - 1)
};
/// Nothing for fewer than two values.
std::optional<MeanInterval> mean_interval(std::span<double const> values, double confidence = 0.95);

}  // namespace apq
