#pragma once

#include <string>
#include <vector>

namespace apq::report {

struct Tick {
  double value;
  std::string label;
};

/// Round ticks (steps 1, 2, 2.5, 5 x 10^k) that cover [low, high] from inside, about `wanted` of
/// them.
std::vector<Tick> linear_ticks(double low, double high, int wanted);
/// Ticks at 1, 2, 5 x 10^k (only powers of ten over more than three decades) inside [low, high],
/// low > 0.
std::vector<Tick> log_ticks(double low, double high);

/// One direction of a plot: data range and the pixels it is drawn on.
struct Scale {
  double low, high;    ///< data
  double first, last;  ///< pixels; last < first where the axis points up
  bool logarithmic = false;
  double operator()(double value) const;
};

/// [low, high] widened by `fraction` on both sides; a single value gets room around it.
struct DataRange {
  double low, high;
};
DataRange padded(DataRange range, double fraction, bool logarithmic = false);

}  // namespace apq::report
