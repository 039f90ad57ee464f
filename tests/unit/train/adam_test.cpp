#include "train/adam.hpp"

#include <cmath>

#include <gtest/gtest.h>

using namespace apq::train;

namespace {

// With bias correction the first step is the rate against the gradient's sign, whatever its size.
TEST(Adam, FirstStepIsTheRate) {
  auto values = at::tensor({1.0F, 2.0F, 3.0F});
  Adam adam(at::zeros(3));
  adam.step(values, at::tensor({100.0F, -0.01F, 0.0F}), 0.1, 0);
  EXPECT_NEAR(values[0].item<float>(), 0.9, 1e-6);
  EXPECT_NEAR(values[1].item<float>(), 2.1, 1e-6);
  EXPECT_EQ(values[2].item<float>(), 3);
}

// Kingma & Ba's algorithm 1 in double precision.
TEST(Adam, FollowsThePublishedRecursion) {
  auto values = at::tensor({0.5F});
  Adam adam(at::zeros(1));
  double x = 0.5, m = 0, v = 0;
  for (int step = 1; step <= 20; ++step) {
    double const g = std::sin(step) + 0.2 * x;
    adam.step(values, at::tensor({static_cast<float>(std::sin(step) + 0.2 * values.item<double>())}), 0.05, 0);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= 0.05 * (m / (1 - std::pow(0.9, step))) / (std::sqrt(v / (1 - std::pow(0.999, step))) + 1e-8);
    EXPECT_NEAR(values.item<double>(), x, 1e-4) << step;
  }
}

TEST(Adam, DecaysTowardsItsAnchor) {
  auto values = at::tensor({1.0F, 1.0F, 1.0F});
  Adam adam(at::tensor({0.0F, 1.0F, 3.0F}));
  adam.step(values, at::zeros(3), 0.1, 0.5);
  EXPECT_NEAR(values[0].item<float>(), 0.95, 1e-6);
  EXPECT_EQ(values[1].item<float>(), 1);
  EXPECT_NEAR(values[2].item<float>(), 1.1, 1e-6);
}

}  // namespace
