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

StoppingRule read_stopping_rule(Config section) {
  auto const half_width = section.get_or<double>("half_width_points", 0, {0.0, 50.0},
                                                 {"A label ends once the interval of its accuracy is no wider than this on either side; "
                                                  "0: it sees all images",
                                                  "points of accuracy"});
  auto const confidence = section.get_or<double>("confidence", 0.95, {0.5, 0.9999}, {"Coverage of that interval (Wilson's)"});
  return half_width > 0 ? StoppingRule(half_width, confidence) : StoppingRule();
}

}  // namespace apq::evaluate
