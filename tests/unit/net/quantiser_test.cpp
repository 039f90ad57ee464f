#include "common/net/quantiser.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/net/least_error.hpp"

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
  auto const q = quantise_weight(w, {1.0}, 4);
  expect_near(q, {2.0 / 7, 1.0, -2.0 / 7});
  q.sum().backward();
  expect_near(w.grad(), {1.0, 1.0, 1.0});
}

TEST(WeightQuantiser, HasAtMostTheLevelsOfItsBits) {
  auto const w = at::linspace(-1, 1, 4001, at::kDouble);
  for (int bits = 2; bits <= 8; ++bits) {
    auto const levels = std::get<0>(at::_unique(quantise_weight(w, {1.0}, bits))).numel();
    EXPECT_EQ(levels, (1 << bits) - 1) << bits << " bits";
  }
}

TEST(WeightQuantiser, EveryChannelHasItsOwnGrid) {
  at::manual_seed(1);
  auto const w = at::randn({6, 3, 3, 3}, at::kDouble) * at::tensor({1e-3, 0.1, 1.0, 10.0, 1e3, 0.0}, at::kDouble).view({-1, 1, 1, 1});
  auto const ranges = largest_weights(w, WeightScales::per_channel);
  ASSERT_EQ(ranges.size(), 6u);
  for (int bits = 2; bits <= 8; ++bits) {
    auto const q = quantise_weight(w, ranges, bits);
    auto const steps = weight_steps(ranges, bits);
    EXPECT_TRUE(at::isfinite(q).all().item<bool>()) << "a channel of zeros divides by none";
    EXPECT_EQ(q.select(0, 5).abs().max().item<double>(), 0);
    for (std::int64_t c = 0; c < 6; ++c)
      EXPECT_LE((q.select(0, c) - w.select(0, c)).abs().max().item<double>(), steps[static_cast<std::size_t>(c)] / 2 * (1 + 1e-12)) << bits;
    auto const codes = weight_codes(w, ranges, bits);
    EXPECT_LE(codes.abs().max().item<double>(), (1 << (bits - 1)) - 1);
    EXPECT_TRUE(at::equal(codes, codes.round()));
  }
  EXPECT_EQ(largest_weights(w, WeightScales::per_tensor).size(), 1u);
  // Alike in a matrix and in a map.
  auto const matrix = w.flatten(1);
  EXPECT_TRUE(at::equal(quantise_weight(matrix, ranges, 4), quantise_weight(w, ranges, 4).flatten(1)));
}

TEST(WeightQuantiser, LeastErrorIsNoMoreThanThatOfTheLargestWeight) {
  at::manual_seed(2);
  auto const w = at::randn({8, 40}, at::kDouble);
  for (auto const scales : {WeightScales::per_channel, WeightScales::per_tensor})
    for (int bits = 2; bits <= 8; ++bits) {
      auto const largest = largest_weights(w, scales), best = weight_ranges_of_least_error(w, largest, bits);
      auto const error = [&](WeightRanges const& ranges) { return (quantise_weight(w, ranges, bits) - w).square().sum().item<double>(); };
      EXPECT_LE(error(best), error(largest)) << bits;
      if (bits <= 4) EXPECT_LT(error(best), error(largest)) << "normal weights are worth clipping at " << bits << " bits";
      for (std::size_t i = 0; i < best.size(); ++i) EXPECT_LE(best[i], largest[i]);
    }
}

TEST(ActivationRanges, AreThoseOfTheHistogram) {
  std::vector<double> values;
  for (int i = 1; i <= 10'000; ++i) values.push_back(i * 1e-4);
  values.push_back(100);  // one far out
  auto const histogram = magnitude_histogram(std::span<double const>(values));
  EXPECT_LE(percentile(histogram, 0.9998), 2) << "but for two in ten thousand";
  EXPECT_EQ(percentile(histogram, 1), 100);
  auto const few = range_of_least_error(histogram, 3), many = range_of_least_error(histogram, 255);
  EXPECT_LE(few, many);
  EXPECT_EQ(range_of_least_error({}, 15), 0);
}

TEST(RangeRules, OpenPartsAreTheFallbacks) {
  RangeRules const paper;
  EXPECT_EQ(RangeRequest{}.resolved(paper), paper);
  RangeRequest const request{.weight_scales = WeightScales::per_channel, .weights = WeightRule::mse};
  EXPECT_EQ(request.resolved(paper).text(), "weights per_channel mse, activations kl");
  EXPECT_THROW((RangeRequest{.weight_scales = WeightScales::per_channel}.resolved(paper)), apq::Error) << "kl is a tensor's";
}

}  // namespace
