#include "train/target_scaling.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

using namespace apq::train;

namespace {

TEST(TargetScaling, TargetsHaveMeanZeroAndVarianceOne) {
  auto const scaling = scaling_of({0.5, 0.7, 0.9, 0.7});
  EXPECT_DOUBLE_EQ(scaling.mean, 0.7);
  EXPECT_NEAR(scaling.scale, std::sqrt(0.02), 1e-15);
  auto const targets = scaled_targets({0.5, 0.7, 0.9, 0.7}, scaling);
  ASSERT_EQ(targets.sizes(), (at::IntArrayRef{4, 1}));
  EXPECT_NEAR(targets.mean().item<double>(), 0, 1e-6);
  EXPECT_NEAR(targets.square().mean().item<double>(), 1, 1e-6);
  EXPECT_NEAR(targets[0][0].item<double>(), -std::sqrt(2.0), 1e-6);
}

TEST(TargetScaling, LabelsThatAreAllAlikeAreNotDividedByZero) {
  for (std::size_t n : {1u, 3u}) {
    auto const scaling = scaling_of(std::vector<double>(n, 0.25));
    EXPECT_DOUBLE_EQ(scaling.mean, 0.25);
    EXPECT_DOUBLE_EQ(scaling.scale, 1e-4);
    EXPECT_EQ(scaled_targets({0.25}, scaling).item<float>(), 0);
  }
}

TEST(TargetScaling, LastLayerTakesItBack) {
  TargetScaling const scaling{0.7, 0.1};
  auto const x = at::tensor({1.0, -2.0, 3.0}).unsqueeze(1);
  OutputLayer const layer{at::tensor({0.2, 0.1, 0.4}).unsqueeze(0), at::tensor({0.5})};
  auto const apply = [&](OutputLayer const& l) { return (l.weight.mm(x) + l.bias).item<double>(); };
  EXPECT_NEAR(apply(to_labels(layer, scaling)), 0.7 + 0.1 * apply(layer), 1e-12);
  EXPECT_NEAR(apply(to_targets(to_labels(layer, scaling), scaling)), apply(layer), 1e-12);
}

}  // namespace
