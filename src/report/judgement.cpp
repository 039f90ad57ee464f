#include "report/judgement.hpp"

#include <cmath>

namespace apq::report {

Comparison compare(study::VerifiedNetwork const& winner, study::VerifiedNetwork const& rival) {
  auto const variance = [](Counts const& c) {
    // Agresti and Coull's two added hits and misses keep the error of a perfect score above 0.
    double const n = static_cast<double>(c.total) + 4, p = (static_cast<double>(c.correct) + 2) / n;
    return p * (1 - p) / n;
  };
  Comparison result{winner.test.percent() - rival.test.percent(), 100 * 1.959964 * std::sqrt(variance(winner.test) + variance(rival.test)),
                    Verdict::within_error};
  if (!winner.genes.empty() && winner.genes == rival.genes) result.verdict = Verdict::same_network;
  else if (result.difference > result.error) result.verdict = Verdict::better;
  else if (result.difference < -result.error) result.verdict = Verdict::worse;
  return result;
}

std::optional<Comparison> comparison_of(study::VerifiedWinner const& winner) {
  if (!winner.best_collected) return std::nullopt;
  return compare(winner.network, winner.best_collected->network);
}

Interval percent_interval(Counts const& counts) {
  auto const interval = wilson_interval(counts.correct, counts.total);
  return {100 * interval.low, 100 * interval.high};
}

bool is_gain(Estimate const& d, bool more_is_better) { return more_is_better ? d.low > 0 : d.high < 0; }
bool is_loss(Estimate const& d, bool more_is_better) { return more_is_better ? d.high < 0 : d.low > 0; }

}  // namespace apq::report
