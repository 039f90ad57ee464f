#include "common/net/quantiser.hpp"

#include <gtest/gtest.h>

namespace {

using namespace apq::net;

at::Tensor tensor(std::vector<double> const& values) { return at::tensor(values, at::kDouble); }

void expect_near(at::Tensor const& ours, std::vector<double> const& expected) {
  ASSERT_EQ(ours.numel(), static_cast<std::int64_t>(expected.size()));
  auto const flat = ours.detach().to(at::kDouble).contiguous();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(flat.data_ptr<double>()[i], expected[i], 1e-12) << i;
}

TEST(ActivationQuantiser, UnsignedFourBits) {
  // Scale 6 / 15 = 0.4.
  expect_near(quantise_activation(tensor({0.7, 1.1, 7.0, -1.0, 0.0}), 6.0, 4, false), {0.8, 1.2, 6.0, 0.0, 0.0});
}

TEST(ActivationQuantiser, SignedFourBitsHaveThreeMagnitudeBits) {
  // Scale 6 / 7.
  expect_near(quantise_activation(tensor({2.0, -9.0}), 6.0, 3, true), {2.0 * 6 / 7, -6.0});
}

TEST(ActivationQuantiser, GradientsArePactWithOneHalfAtTheKinks) {
  auto x = tensor({0.7, 7.0, -1.0, 6.0, 0.0}).requires_grad_(true);
  auto range = tensor({6.0}).requires_grad_(true);
  quantise_activation(x, range, 4, false).sum().backward();
  expect_near(x.grad(), {1.0, 0.0, 0.0, 0.5, 0.5});
  expect_near(range.grad(), {1.5});  // 1 above the range, one half on it

  auto y = tensor({2.0, -9.0, 8.0, 9.0}).requires_grad_(true);
  auto signed_range = tensor({6.0}).requires_grad_(true);
  quantise_activation(y, signed_range, 3, true).sum().backward();
  expect_near(y.grad(), {1.0, 0.0, 0.0, 0.0});
  expect_near(signed_range.grad(), {1.0});  // -1 + 1 + 1
}

TEST(WeightQuantiser, RoundsToTheGridAndPassesTheGradientOfClippedWeights) {
  auto w = tensor({0.3, 1.4, -0.3}).requires_grad_(true);
  auto const q = quantise_weight(w, 1.0, 4);
  expect_near(q, {2.0 / 7, 1.0, -2.0 / 7});
  q.sum().backward();
  expect_near(w.grad(), {1.0, 1.0, 1.0});
}

TEST(WeightQuantiser, HasAtMostTheLevelsOfItsBits) {
  auto const w = at::linspace(-1, 1, 4001, at::kDouble);
  for (int bits = 2; bits <= 8; ++bits) {
    auto const levels = std::get<0>(at::_unique(quantise_weight(w, 1.0, bits))).numel();
    EXPECT_EQ(levels, (1 << bits) - 1) << bits << " bits";
  }
}

}  // namespace
