#pragma once

#include <vector>

namespace apq::collect {

/// Times beyond so many usual ones are no sample's: its job was suspended meanwhile. (Times of samples spread by a factor of two or three.)
inline constexpr double unusual_factor = 6;

/// The largest of the values that are not unusual; 0 of none.
double largest_usual(std::vector<double> values);

}  // namespace apq::collect
