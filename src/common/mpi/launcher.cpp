#include "common/mpi/launcher.hpp"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace apq::mpi {

bool is_launchers(std::string_view variable) {
  // PMI and PMIx are how nearly every launcher tells a rank who it is; the others are for those that use a way of their own.
  for (std::string_view const prefix :
       {"PMI_", "PMIX_", "OMPI_COMM_WORLD_", "MV2_COMM_WORLD_", "SLURM_PROCID", "PALS_", "FLUX_TASK_", "ALPS_APP_"})
    if (variable.starts_with(prefix)) return true;
  return false;
}

bool is_launched() {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view const variable = *entry;
    if (is_launchers(variable.substr(0, variable.find('=')))) return true;
  }
  return false;
}

namespace {

// 0 where there is none.
int number_of(char const* variable) {
  auto const* const text = std::getenv(variable);
  int number = 0;
  if (text != nullptr) std::from_chars(text, text + std::char_traits<char>::length(text), number);
  return number;
}

}  // namespace

std::optional<SeparateTasks> separate_tasks(int world_size) {
  // Who was given one of these was joined, to a job of one rank if need be: also mpirun's ranks, which inherit Slurm's variables.
  if (world_size > 1 || std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr) return std::nullopt;
  // Only a step has these two; a batch script runs alone.
  if (std::getenv("SLURM_STEP_ID") != nullptr && number_of("SLURM_STEP_NUM_TASKS") > 1)
    return SeparateTasks{number_of("SLURM_STEP_NUM_TASKS"), number_of("SLURM_PROCID") == 0};
  if (number_of("PMI_SIZE") > 1) return SeparateTasks{number_of("PMI_SIZE"), number_of("PMI_RANK") == 0};
  return std::nullopt;
}

std::string separate_tasks_text(int number) {
  return fmt::format(
      "{} tasks were started, but each is alone: this MPI does not hear their launcher; start them with srun --mpi=pmix (srun --mpi=list "
      "shows what there is) or with Open MPI's own mpirun",
      number);
}

}  // namespace apq::mpi
