#include "collect/usual_times.hpp"

#include <algorithm>

namespace apq::collect {

double largest_usual(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  double const median = values[(values.size() - 1) / 2];
  return *std::prev(std::upper_bound(values.begin(), values.end(), unusual_factor * median));
}

}  // namespace apq::collect
