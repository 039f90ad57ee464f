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

Variables read_environment() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view const text = *entry;
    if (auto const equals = text.find('='); equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Variables const at_start = read_environment();

// 0 where there is none.
int number_of(Variables const& variables, char const* name) {
  auto const found = variables.find(name);
  int number = 0;
  if (found != variables.end()) std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  return number;
}

}  // namespace

Variables const& variables_at_start() { return at_start; }

std::optional<SeparateTasks> separate_tasks(int world_size, Variables const& variables) {
  // Who was given one of these was joined, to a job of one rank if need be: also mpirun's ranks, which inherit Slurm's variables.
  if (world_size > 1 || variables.contains("OMPI_COMM_WORLD_SIZE") || variables.contains("PMIX_RANK")) return std::nullopt;
  // Only a step has these two; a batch script runs alone.
  if (auto const number = number_of(variables, "SLURM_STEP_NUM_TASKS"); variables.contains("SLURM_STEP_ID") && number > 1)
    return SeparateTasks{number, number_of(variables, "SLURM_PROCID") == 0};
  if (auto const number = number_of(variables, "PMI_SIZE"); number > 1) return SeparateTasks{number, number_of(variables, "PMI_RANK") == 0};
  return std::nullopt;
}

std::string separate_tasks_text(int number) {
  return fmt::format(
      "{} tasks were started, but each is alone: this MPI does not hear their launcher; start them with srun --mpi=pmix (srun --mpi=list "
      "shows what there is) or with Open MPI's own mpirun",
      number);
}

}  // namespace apq::mpi
