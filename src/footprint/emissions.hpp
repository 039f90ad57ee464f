#pragma once

#include <string>
#include <vector>

#include "common/energy/ledger.hpp"
#include "footprint/emissions_csv.hpp"
#include "footprint/footprint.hpp"

namespace apq::footprint {

/// Every run of a ledger as CodeCarbon would write it down: project is the study, run_id is JOB/RUN, experiment_id what the scheduler calls
/// the job. The intensity is that declared, else that of the run. Runs of ledgers of old have no time and are left out.
std::vector<EmissionsRun> emissions_of(std::vector<energy::StageRun> const& runs, std::string const& project, Declared const& declared);

}  // namespace apq::footprint
