#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"

namespace apq::study {

inline constexpr RecordFormat plan_format{"apq plan", 1, "`apq plan --format json` makes it anew"};

/// What a plan says of all stages on one number of ranks.
struct PlannedTotal {
  int ranks = 1;
  double wall_h = 0, core_h = 0, gpu_h = 0, kwh = 0, gco2e = 0;
};

/// A plan as `apq plan --format json` prints it.
struct PlanRecord {
  std::string host, processor;  ///< that it was measured on
  std::vector<PlannedTotal> totals;
};

/// @throws Error as read_record.
PlanRecord read_plan(std::filesystem::path const& file);

}  // namespace apq::study
