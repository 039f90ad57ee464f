#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace apq::mpi {

/// Whether a variable of the environment (its name) is one that a launcher gives to the ranks it starts.
bool is_launchers(std::string_view variable);

/// Whether a launcher (mpirun, srun, ...) started this process, which then has to join its job. Also true in a batch script of
/// Slurm, where nothing tells: that costs an MPI_Init, no more.
bool is_launched();

using Variables = std::map<std::string, std::string>;
/// The environment as this process found it: MPI_Init adds variables of its own where nobody joined the process.
Variables const& variables_at_start();

/// How many tasks a launcher started that MPI does not join: each is rank 0 of 1, as under an srun without the PMI that Open MPI
/// understands, or another MPI's mpiexec. Absent: MPI joined them, or there is one only.
struct SeparateTasks {
  int number;
  bool is_first;  ///< of them, this process
};
std::optional<SeparateTasks> separate_tasks(int world_size, Variables const& variables = variables_at_start());
/// "srun started 3 tasks, but ...": what is wrong and the cure.
std::string separate_tasks_text(int number);

}  // namespace apq::mpi
