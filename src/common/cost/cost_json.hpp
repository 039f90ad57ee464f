#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/cost/metric.hpp"

namespace apq::cost {

/// {"latency_ms": 0.41, "macs": 388000000, ...}: every metric by its name; counts are whole numbers, what is unknown (NaN) is null.
nlohmann::ordered_json cost_to_json(Cost const& cost);

/// The reverse. A metric that is null or not there is NaN. @throws nlohmann::json::exception when one is not a number.
Cost cost_from_json(nlohmann::ordered_json const& json);

}  // namespace apq::cost
