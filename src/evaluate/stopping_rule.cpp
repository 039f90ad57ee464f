#include "evaluate/stopping_rule.hpp"

#include <fmt/format.h>

#include "common/core/interval.hpp"

namespace apq::evaluate {

StoppingRule::StoppingRule(double half_width_points, double confidence)
    : half_width_points_(half_width_points), confidence_(confidence), z_(two_sided_quantile(confidence)) {}

bool StoppingRule::is_enough(std::uint64_t correct, std::uint64_t total) const {
  if (!is_on() || total == 0) return false;
  auto const interval = wilson_interval(correct, total, z_);
  return 100 * (interval.high - interval.low) <= 2 * half_width_points_;
}

std::string StoppingRule::text() const {
  return is_on() ? fmt::format(" until half width {:.17g} points at {:.17g}", half_width_points_, confidence_) : "";
}

}  // namespace apq::evaluate
