#pragma once

#include <string>
#include <vector>

#include "study/measure_work.hpp"

namespace apq::study {

struct PlanView {
  std::vector<int> ranks;  ///< to plan for
  int measured_on = 1;     ///< ranks that measured
  int ranks_per_node = 1;  ///< for the memory of a node
};

/// What `apq plan` prints. Pure functions.
std::string plan_table(Experiment const& experiment, MeasuredWork const& measured, PlanView const& view);
std::string plan_json(Experiment const& experiment, MeasuredWork const& measured, PlanView const& view);

}  // namespace apq::study
