#include "common/core/memory_limit.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "support/temp_dir.hpp"

namespace apq {
namespace {

class MemoryLimit : public testing::Test {
 protected:
  void put(std::string const& file, std::string const& text) {
    make_directory((root_ / file).parent_path());
    replace_file(root_ / file, text + "\n");
  }
  test::TempDir const dir_;
  std::filesystem::path const root_ = dir_.path();
};

TEST_F(MemoryLimit, IsTheLeastThatIsLeftOfAnyGroupAround) {
  put("proc/self/cgroup", "0::/slurm/job_7/step_0");
  put("sys/fs/cgroup/slurm/memory.max", "max");
  put("sys/fs/cgroup/slurm/job_7/memory.max", "4000");
  put("sys/fs/cgroup/slurm/job_7/memory.current", "1500");
  put("sys/fs/cgroup/slurm/job_7/step_0/memory.max", "8000");
  put("sys/fs/cgroup/slurm/job_7/step_0/memory.current", "100");
  EXPECT_EQ(memory_left_in_cgroup(root_), 2500);
}

TEST_F(MemoryLimit, OfVersion1) {
  put("proc/self/cgroup", "12:cpu,cpuacct:/x\n5:memory:/slurm/uid_0/job_7\n1:name=systemd:/x");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  put("sys/fs/cgroup/memory/slurm/uid_0/job_7/memory.limit_in_bytes", "3000");
  put("sys/fs/cgroup/memory/slurm/uid_0/job_7/memory.usage_in_bytes", "1000");
  EXPECT_EQ(memory_left_in_cgroup(root_), 2000);
}

TEST_F(MemoryLimit, OfAContainerThatSeesItsOwnGroupAsTheRoot) {
  put("proc/self/cgroup", "0::/docker/abc");
  put("sys/fs/cgroup/memory.max", "5000");
  put("sys/fs/cgroup/memory.current", "6000");
  EXPECT_EQ(memory_left_in_cgroup(root_), 0);
}

TEST_F(MemoryLimit, IsAbsentWhereThereIsNone) {
  EXPECT_EQ(memory_left_in_cgroup(root_), std::nullopt);
  put("proc/self/cgroup", "0::/");
  put("sys/fs/cgroup/memory.max", "max");
  EXPECT_EQ(memory_left_in_cgroup(root_), std::nullopt);
}

TEST_F(MemoryLimit, WhatIsAvailableIsTheKernelsWord) {
  EXPECT_EQ(memory_available(root_), std::nullopt);
  put("proc/meminfo", "MemTotal: 100 kB\nMemAvailable:   20 kB");
  EXPECT_EQ(memory_available(root_), 20480);
  EXPECT_GT(memory_available().value_or(0), 0);
}

}  // namespace
}  // namespace apq
