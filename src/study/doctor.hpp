#pragma once

#include <vector>

#include "common/mpi/communicator.hpp"
#include "study/doctor_findings.hpp"

namespace apq::study {

/// Collective over `world`.
JobShape shape_of_job(mpi::Communicator const& world);

/// Everything that `apq doctor` looks at on this machine, in the order it is shown. Local; writes a small file into the working
/// directory and removes it. MPI must be initialised.
std::vector<Finding> examine_machine(JobShape const& job);

}  // namespace apq::study
