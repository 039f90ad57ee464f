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
  auto const scaled = [&](char const* name, std::string const& unit) -> MetricText {
    if (typical >= 1e9) return {name, "G" + unit, 1e-9};
    if (typical >= 1e6) return {name, "M" + unit, 1e-6};
    if (typical >= 1e3) return {name, "k" + unit, 1e-3};
    return {name, unit, 1};
  };
  switch (metric) {
    case cost::Metric::latency_ms:
      return typical < 0.1 ? MetricText{"latency", "µs", 1e3} : MetricText{"latency", "ms", 1};
    case cost::Metric::energy_mj:
      return typical < 0.1 ? MetricText{"energy", "µJ", 1e3} : MetricText{"energy", "mJ", 1};
    case cost::Metric::bitops:
      return scaled("BitOps", "");
    case cost::Metric::size_bytes:
      return scaled("size", "B");
    case cost::Metric::macs:
      return scaled("MACs", "");
    case cost::Metric::params:
      return scaled("parameters", "");
  }
  return {"cost", "", 1};
}

}  // namespace apq::report
