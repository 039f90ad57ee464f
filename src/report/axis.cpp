#include "report/axis.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace apq::report {

std::vector<Tick> linear_ticks(double low, double high, int wanted) {
  if (!(high > low) || wanted < 1) return {};
  double const raw = (high - low) / wanted;
  double const power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (double const factor : {1.0, 2.0, 2.5, 5.0})
    if (raw <= factor * power * (1 + 1e-9)) {
      step = factor * power;
      break;
    }
  int decimals = 0;
  while (decimals < 9 &&
         std::abs(step * std::pow(10.0, decimals) - std::round(step * std::pow(10.0, decimals))) > 1e-6 * step * std::pow(10.0, decimals))
    ++decimals;
  std::vector<Tick> ticks;
  auto const first = static_cast<long long>(std::ceil(low / step - 1e-9));
  auto const last = static_cast<long long>(std::floor(high / step + 1e-9));
  for (auto i = first; i <= last; ++i) {
    double const value = static_cast<double>(i) * step;
    ticks.push_back({value, fmt::format("{:.{}f}", i == 0 ? 0.0 : value, decimals)});
  }
  return ticks;
}

std::vector<Tick> log_ticks(double low, double high) {
  if (!(low > 0) || !(high > low)) return {};
  bool const decades_only = std::log10(high / low) > 3;
  std::vector<Tick> ticks;
  for (int k = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, k) <= high; ++k)
    for (double const factor : {1.0, 2.0, 5.0}) {
      double const value = factor * std::pow(10.0, k);
      if (decades_only && factor != 1.0) continue;
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      ticks.push_back({value, fmt::format("{:g}", value)});
    }
  return ticks;
}

double Scale::operator()(double value) const {
  double const t = logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return first + t * (last - first);
}

DataRange padded(DataRange range, double fraction, bool logarithmic) {
  if (logarithmic) {
    double const ratio = std::pow(range.high > range.low ? range.high / range.low : 4.0, fraction);
    return {range.low / ratio, range.high * ratio};
  }
  double room = (range.high - range.low) * fraction;
  if (!(room > 0)) room = std::max(std::abs(range.high) * 0.05, 0.5);
  return {range.low - room, range.high + room};
}

}  // namespace apq::report
