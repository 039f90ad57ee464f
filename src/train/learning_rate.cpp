#include "train/learning_rate.hpp"

#include <cmath>
#include <numbers>

namespace apq::train {

double cosine_rate(double peak, double passed, double total) { return peak * 0.5 * (1 + std::cos(std::numbers::pi * passed / total)); }

double warmed_up_cosine_rate(double peak, double warmup, double done) {
  return done < warmup ? peak * done / warmup : cosine_rate(peak, done - warmup, 1 - warmup);
}

}  // namespace apq::train
