#include "report/text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace apq::report {

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string grouped(std::uint64_t value) {
  auto digits = std::to_string(value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), "\u202f");
  return digits;
}

std::string counted(std::uint64_t value, std::string const& noun) { return grouped(value) + " " + noun + (value == 1 ? "" : "s"); }

std::string images_seen(std::vector<h5::Row> const& rows) {
  if (rows.empty()) return counted(0, "validation image");
  auto const [least, most] = std::minmax_element(rows.begin(), rows.end(), [](auto const& a, auto const& b) { return a.total < b.total; });
  return (least->total < most->total ? grouped(least->total) + " to " : std::string()) + counted(most->total, "validation image");
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "unknown";
  if (seconds < 99.5) return fmt::format("{:.{}f} s", seconds, seconds < 9.95 ? 1 : 0);
  auto const whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string figure(double value) {
  if (!std::isfinite(value)) return "unknown";
  if (value == 0) return "0";
  int const magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  if (magnitude < -6) return fmt::format("{:.2e}", value);
  return fmt::format("{:.{}f}", value, std::clamp(2 - magnitude, 0, 8));
}

std::string MetricText::shown(double value) const {
  return std::isfinite(value) ? figure(value * factor) + (unit.empty() ? "" : "\u202f" + unit) : "unknown";
}
std::string MetricText::axis() const { return unit.empty() ? std::string(name) : std::string(name) + " (" + unit + ")"; }

MetricText metric_text(cost::Metric metric, double typical) {
  auto const& row = cost::row_of(metric);
  std::string const unit = row.unit;
  switch (row.prefix) {
    case cost::Prefix::milli:  // the stored unit begins with an m
      if (typical < 0.1) return {row.title, "µ" + unit.substr(1), 1e3};
      break;
    case cost::Prefix::thousands:
      if (typical >= 1e9) return {row.title, "G" + unit, 1e-9};
      if (typical >= 1e6) return {row.title, "M" + unit, 1e-6};
      if (typical >= 1e3) return {row.title, "k" + unit, 1e-3};
      break;
  }
  return {row.title, unit, 1};
}

}  // namespace apq::report
