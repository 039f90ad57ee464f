#pragma once

#include <cstdint>
#include <string>

#include "common/core/config.hpp"

namespace apq::evaluate {

/// Section `collect.sequential`: a label has seen enough images once the Wilson interval of its top-1 accuracy is narrow enough. Asked
/// after every batch of the evaluation, whose images come in a fixed order (that of the validation split, a random one), so that
/// the label stays a pure function of the subnet. The row's `total` says how many images it saw.
///
/// The width hardly depends on chance, so that stopping by it leaves the interval's coverage nearly as it was (Chow and Robbins,
/// Annals of Mathematical Statistics 36(2), 1965; measured in stopping_rule_test.cpp).
class StoppingRule {
 public:
  /// Off: every label sees all images.
  StoppingRule() = default;
  /// @param half_width_points  of the interval, in points of accuracy, > 0; @param confidence  in (0, 1).
  StoppingRule(double half_width_points, double confidence);

  bool is_on() const { return half_width_points_ > 0; }
  bool is_enough(std::uint64_t correct, std::uint64_t total) const;
  /// What a label depends on, for the evaluation hash; empty when off.
  std::string text() const;

 private:
  double half_width_points_ = 0, confidence_ = 0.95, z_ = 0;
};

/// @throws Error(config) with file:line.
inline StoppingRule read_stopping_rule(Config section) {
  auto const half_width = section.get_or<double>("half_width_points", 0, {0.0, 50.0},
                                                 {"A label ends once the interval of its accuracy is no wider than this on either side; "
                                                  "0: it sees all images",
                                                  "points of accuracy"});
  auto const confidence = section.get_or<double>("confidence", 0.95, {0.5, 0.9999}, {"Coverage of that interval (Wilson's)"});
  return half_width > 0 ? StoppingRule(half_width, confidence) : StoppingRule();
}

}  // namespace apq::evaluate
