#include "common/cost/cost_json.hpp"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace apq::cost {
using Json = nlohmann::ordered_json;

Json cost_to_json(Cost const& cost) {
  Json json;
  for (auto const& row : metrics) {
    double const value = cost.*row.field;
    if (!std::isfinite(value)) json[row.name] = nullptr;
    else if (row.is_count && std::abs(value) < 0x1p63) json[row.name] = static_cast<std::int64_t>(value);
    else json[row.name] = value;
  }
  return json;
}

Cost cost_from_json(Json const& json) {
  Cost cost;
  for (auto const& row : metrics) {
    auto const found = json.find(row.name);
    bool const is_known = found != json.end() && !found->is_null();
    cost.*row.field = is_known ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
  }
  return cost;
}

}  // namespace apq::cost
