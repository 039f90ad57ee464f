#include "study/memory_need.hpp"

#include <gtest/gtest.h>

namespace apq::study {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

TEST(MemoryNeed, FitsOrSaysWhatWould) {
  EXPECT_EQ(memory_trouble({1 * gib, 8}, std::nullopt), "");
  EXPECT_EQ(memory_trouble({1 * gib, 8}, 3 * gib), "");
  EXPECT_EQ(
      memory_trouble({1 * gib, 8}, 2 * gib),
      "memory: the job's limit leaves 2.00 GiB on this node, and 8 ranks with 1.00 GiB of images take at least 3.00 GiB; 4 ranks a node "
      "would fit, or give the job more memory");
  EXPECT_NE(memory_trouble({1 * gib, 8}, 1.3 * gib).find("; 1 rank a node would fit"), std::string::npos);
  EXPECT_NE(memory_trouble({1 * gib, 1}, 1.1 * gib).find("; give the job more memory, or use fewer images"), std::string::npos);
  EXPECT_NE(memory_trouble({0, 1}, 0.0).find("; give the job more memory"), std::string::npos);
}

}  // namespace
}  // namespace apq::study
