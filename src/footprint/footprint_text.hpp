#pragma once

#include <string>
#include <vector>

#include "footprint/breakdown.hpp"
#include "footprint/footprint.hpp"
#include "footprint/what_if.hpp"

namespace apq::footprint {

/// Tables for the terminal; unknown figures print as "-".
std::string footprint_table(Footprint const& footprint);
std::string what_if_table(std::vector<WhatIf> const& rows);
std::string jobs_table(std::vector<JobShare> const& jobs);
/// @param what  heading of the names: "node", "device"
std::string shares_table(char const* what, std::vector<Share> const& shares);

/// One JSON object with all of it; unknown and undeclared figures are null, but for M, which is "not declared".
std::string footprint_json(Footprint const& footprint, std::vector<energy::StageRun> const& runs, std::vector<WhatIf> const& rows);

}  // namespace apq::footprint
