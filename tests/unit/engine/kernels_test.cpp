#include "common/engine/kernels.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace {

// ATen reads its variable when it is first asked, BLAS reads its own before main: the name says what came of them.
TEST(Kernels, NameSaysWhatIsInUse) {
  ::setenv("ATEN_CPU_CAPABILITY", "default", 1);
  auto const name = apq::engine::kernels_name();
  EXPECT_TRUE(name.starts_with("ATen ")) << name;
  EXPECT_TRUE(name.starts_with("ATen default, ") || name.starts_with("ATen DEFAULT, ") || name.starts_with("ATen NO AVX, ")) << name;
  EXPECT_GT(name.size(), name.find(", ") + 2) << name;
  EXPECT_EQ(apq::engine::kernels_name(), name);
}

}  // namespace
