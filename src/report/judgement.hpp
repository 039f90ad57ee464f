#pragma once

#include <optional>
#include <string>

#include "common/core/interval.hpp"
#include "report/inputs.hpp"

// What may be said of a difference: never more than its error allows.
namespace apq::report {

enum class Verdict { better, within_error, worse, same_network };

/// Test accuracy of the winner minus that of the best collected sample, in points.
struct Comparison {
  double difference, error;  ///< error: half of the 95 % interval
  Verdict verdict;
};

/// Difference of two proportions with the normal interval of independent samples; both networks saw
/// the same images, which makes the true error smaller as a rule, so this errs towards "within
/// error".
Comparison compare(study::VerifiedNetwork const& winner, study::VerifiedNetwork const& rival);
std::optional<Comparison> comparison_of(study::VerifiedWinner const& winner);

/// Interval of `counts` in percent (Wilson, 95 %).
Interval percent_interval(Counts const& counts);

/// True when the interval of a difference excludes 0 on the side that is good for it.
bool is_gain(Estimate const& difference, bool more_is_better);
bool is_loss(Estimate const& difference, bool more_is_better);

}  // namespace apq::report
