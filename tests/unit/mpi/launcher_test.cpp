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

std::optional<mpi::SeparateTasks> tasks(mpi::Variables const& variables, int world_size = 1) {
  return mpi::separate_tasks(world_size, variables);
}

TEST(SeparateTasks, AreThoseOfAStepThatMpiDoesNotJoin) {
  mpi::Variables const step{{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "3"}, {"SLURM_PROCID", "2"}};
  ASSERT_TRUE(tasks(step));
  EXPECT_EQ(tasks(step)->number, 3);
  EXPECT_FALSE(tasks(step)->is_first);
  EXPECT_FALSE(tasks(step, 3));
  mpi::Variables const other_mpi{{"PMI_SIZE", "4"}, {"PMI_RANK", "0"}};
  ASSERT_TRUE(tasks(other_mpi));
  EXPECT_TRUE(tasks(other_mpi)->is_first);
}

TEST(SeparateTasks, AreNoneOfMpirunOfABatchScriptOrOfAStepOfOneTask) {
  EXPECT_FALSE(tasks({}));
  EXPECT_FALSE(tasks({{"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "0"}}));
  EXPECT_FALSE(tasks({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}}));
  EXPECT_FALSE(tasks({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"OMPI_COMM_WORLD_SIZE", "1"}}));
  EXPECT_FALSE(tasks({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"PMIX_RANK", "0"}}));
}

}  // namespace
