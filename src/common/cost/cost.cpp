#include "common/cost/cost.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"

namespace apq::cost {

Metric metric_from_name(std::string const& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < metric_fields.size(); ++i) {
    if (name == metric_fields[i].name) return static_cast<Metric>(i);
    names.emplace_back(metric_fields[i].name);
  }
  throw Error(Errc::config, fmt::format("{}: is not a cost; choose one of: {}", name, fmt::join(names, ", ")));
}

}  // namespace apq::cost
