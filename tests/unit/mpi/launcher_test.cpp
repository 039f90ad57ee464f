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

class SeparateTasks : public testing::Test {
 protected:
  void TearDown() override {
    for (char const* name : variables_) ::unsetenv(name);
  }
  static void set(std::initializer_list<std::pair<char const*, char const*>> values) {
    for (char const* name : variables_) ::unsetenv(name);
    for (auto const& [name, value] : values) ::setenv(name, value, 1);
  }
  static constexpr char const* variables_[] = {"SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_PROCID", "PMI_SIZE",
                                               "PMI_RANK",      "OMPI_COMM_WORLD_SIZE", "PMIX_RANK"};
};

TEST_F(SeparateTasks, AreThoseOfAStepThatMpiDoesNotJoin) {
  set({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "3"}, {"SLURM_PROCID", "2"}});
  ASSERT_TRUE(mpi::separate_tasks(1));
  EXPECT_EQ(mpi::separate_tasks(1)->number, 3);
  EXPECT_FALSE(mpi::separate_tasks(1)->is_first);
  EXPECT_FALSE(mpi::separate_tasks(3));
  set({{"PMI_SIZE", "4"}, {"PMI_RANK", "0"}});
  ASSERT_TRUE(mpi::separate_tasks(1));
  EXPECT_TRUE(mpi::separate_tasks(1)->is_first);
}

TEST_F(SeparateTasks, AreNoneOfMpirunOfABatchScriptOrOfAStepOfOneTask) {
  set({{"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "0"}});
  EXPECT_FALSE(mpi::separate_tasks(1));
  set({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}});
  EXPECT_FALSE(mpi::separate_tasks(1));
  set({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"OMPI_COMM_WORLD_SIZE", "1"}});
  EXPECT_FALSE(mpi::separate_tasks(1));
  set({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"PMIX_RANK", "0"}});
  EXPECT_FALSE(mpi::separate_tasks(1));
}

}  // namespace
