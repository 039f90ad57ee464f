#include "train/distillation_loss.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

using namespace apq::train;

namespace {

TEST(DistillationLoss, IsTheMeanCrossEntropyInNats) {
  auto const logits = at::tensor({0.0, std::log(3.0), 0.0, 0.0}).view({2, 2});
  auto const target = at::tensor({0.5, 0.5, 1.0, 0.0}).view({2, 2});
  double const first = 0.5 * std::log(4.0) + 0.5 * std::log(4.0 / 3), second = std::log(2.0);
  EXPECT_NEAR(soft_cross_entropy(logits, target).item<double>(), (first + second) / 2, 1e-12);
}

TEST(DistillationLoss, SmoothingIsSpreadOverAllClasses) {
  auto const target = smoothed_one_hot(at::tensor({2, 0}, at::kLong), 4, 0.2);
  EXPECT_TRUE(at::allclose(target, at::tensor({0.05F, 0.05F, 0.85F, 0.05F, 0.85F, 0.05F, 0.05F, 0.05F}).view({2, 4})));
  EXPECT_TRUE(smoothed_one_hot(at::tensor({1}, at::kLong), 2, 0).equal(at::tensor({0.0F, 1.0F}).view({1, 2})));
}

}  // namespace
