#include "common/mpi/launcher.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace {

using namespace apq;

TEST(Launcher, KnowsWhatLaunchersLeaveInTheEnvironment) {
  for (char const* name : {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_SIZE", "SLURM_PROCID", "PALS_RANKID", "FLUX_TASK_RANK"})
    EXPECT_TRUE(mpi::is_launchers(name)) << name;
  // Settings of a user, and what an allocation without a step has.
  for (char const* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_MCA_btl", "SLURM_JOB_ID", "SLURM_NTASKS", "PATH", "MY_PMI_RANK", ""})
    EXPECT_FALSE(mpi::is_launchers(name)) << name;
}

TEST(Launcher, LooksAtTheEnvironmentOfThisProcess) {
  ::unsetenv("PMIX_RANK");
  bool const before = mpi::is_launched();
  ::setenv("PMIX_RANK", "0", 1);
  EXPECT_TRUE(mpi::is_launched());
  ::unsetenv("PMIX_RANK");
  EXPECT_EQ(mpi::is_launched(), before);
}

}  // namespace
