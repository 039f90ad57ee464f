#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/cost/cost_model.hpp"
#include "common/h5/shard.hpp"

namespace apq::report {

/// For HTML and XML text and attribute values.
std::string escaped(std::string_view text);

/// "1 234 567" with thin spaces (HTML).
std::string grouped(std::uint64_t value);
/// "3 samples", "1 sample".
std::string counted(std::uint64_t value, std::string const& noun);
/// "2 400 validation images"; "900 to 2 400 validation images" where the rows saw different numbers of them.
std::string images_seen(std::vector<h5::Row> const& rows);
/// "12.3 s", "4 min 10 s", "2 h 05 min".
std::string duration(double seconds);
/// Three significant digits, without exponent; "unknown" for NaN.
std::string figure(double value);

/// How a metric is shown: its words, unit and the factor from the stored unit.
struct MetricText {
  char const* name;                       ///< "latency"
  std::string unit;                       ///< "ms"
  double factor;                          ///< shown = stored x factor
  std::string shown(double value) const;  ///< "0.413 ms"
  std::string axis() const;               ///< "latency (ms)"
};
/// Unit chosen so that `typical` reads well (BitOps, bytes, MACs, parameters).
MetricText metric_text(cost::Metric metric, double typical);

}  // namespace apq::report
