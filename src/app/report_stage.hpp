#pragma once

#include "study/experiment.hpp"

namespace apq::app {

/// Writes report.html and its figures. Rank 0 works, the others wait.
void report_stage(mpi::Communicator const& comm, study::Experiment const& experiment);

}  // namespace apq::app
