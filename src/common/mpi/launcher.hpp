#pragma once

#include <string_view>

namespace apq::mpi {

/// Whether a variable of the environment (its name) is one that a launcher gives to the ranks it starts.
bool is_launchers(std::string_view variable);

/// Whether a launcher (mpirun, srun, ...) started this process, which then has to join its job. Also true in a batch script of
/// Slurm, where nothing tells: that costs an MPI_Init, no more.
bool is_launched();

}  // namespace apq::mpi
