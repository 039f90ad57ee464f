#pragma once

#include <cmath>
#include <cstdint>

#include "common/core/random.hpp"

namespace apq::search {

/// Trials that come true independently with one probability in (0, 1]. The gaps between the true ones are drawn (geometric
/// distribution by inversion), so a random number is used per true trial, not per trial.
class RareEvents {
 public:
  RareEvents(double probability, RandomStream& random) : random_(random), log_miss_(std::log1p(-probability)), left_(gap()) {}

  bool next() {
    if (left_ > 0) {
      --left_;
      return false;
    }
    left_ = gap();
    return true;
  }

 private:
  /// False trials before the next true one.
  std::uint64_t gap() {
    // A probability of 1 has log_miss_ = -infinity and gaps of 0.
    double const trials = std::log(1 - random_.uniform()) / log_miss_;
    constexpr double never = 1e18;
    return trials < never ? static_cast<std::uint64_t>(trials) : static_cast<std::uint64_t>(never);
  }

  RandomStream& random_;
  double log_miss_;
  std::uint64_t left_;
};

}  // namespace apq::search
