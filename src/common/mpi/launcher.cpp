#include "common/mpi/launcher.hpp"

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

}  // namespace apq::mpi
