#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/engine/onednn/compiled_net.hpp"
#include "common/engine/onednn/onednn_engine.hpp"
#include "common/engine/onednn/value_bound.hpp"
#include "support/error_of.hpp"
#include "support/lively_network.hpp"
#include "support/mobilenet_v3_space.hpp"

namespace {

using namespace apq;
using namespace apq::engine::onednn;

CodedLayer layer_of(std::vector<float> const& weights, std::optional<space::Activation> activation, std::vector<double> scales,
                    std::vector<double> shifts) {
  auto const channels = static_cast<std::int64_t>(scales.size());
  auto const matrix = at::tensor(weights).view({channels, -1});
  auto layer = coded_dense("a layer", matrix, at::zeros({channels}), {}, false, activation);
  layer.norm_scales = std::move(scales);
  layer.norm_shifts = std::move(shifts);
  return layer;
}

TEST(ValueBound, IsTheLargestChannelsSum) {
  // channel 0: (1 + 2) * 10 * 0.5 + 1 = 16; channel 1: (3 + 0) * 10 * 2 + 4 = 64
  auto const layer = layer_of({1, -2, -3, 0}, std::nullopt, {-0.5, 2}, {1, -4});
  auto const bound = value_bound(layer, layer.epilogue({}, false), 10);
  EXPECT_DOUBLE_EQ(bound.sums, 64);
  EXPECT_DOUBLE_EQ(bound.output, 64);
  EXPECT_DOUBLE_EQ(value_bound(layer, layer.epilogue({}, true), 10, 1000).sums, 1064) << "what it adds to counts";
  EXPECT_DOUBLE_EQ(value_bound(layer, {}, 10).sums, 30) << "without a norm";
}

TEST(ValueBound, ActivationsAndCodesBoundTheOutput) {
  auto const of = [&](space::Activation activation) {
    auto const layer = layer_of({1, -2, -3, 0}, activation, {-0.5, 2}, {1, -4});
    return value_bound(layer, layer.epilogue({}, false), 10).output;
  };
  EXPECT_DOUBLE_EQ(of(space::Activation::relu6), 6);
  EXPECT_DOUBLE_EQ(of(space::Activation::relu), 64);
  EXPECT_DOUBLE_EQ(of(space::Activation::h_swish), 64);
  auto const layer = layer_of({1, -2, -3, 0}, std::nullopt, {-0.5, 2}, {1, -4});
  EXPECT_DOUBLE_EQ(value_bound(layer, layer.epilogue(InputCode{true, 2.0F, 127}, false), 1000).output, 127);
}

TEST(ValueBound, WhatCouldOverflowOrIsNoNumberIsRefusedByName) {
  auto const refused = [](std::vector<float> const& weights, std::vector<double> scales, std::vector<double> shifts, double input) {
    auto const layer = layer_of(weights, space::Activation::relu6, std::move(scales), std::move(shifts));
    test::expect_error(Errc::numeric, "a layer: ", [&] { require_bounded(layer, layer.epilogue({}, false), input); });
  };
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  refused({3e38F, 1, 1, 1}, {1, 1}, {0, 0}, 6);
  refused({1, 1, 1, 1}, {1e30, 1}, {0, 0}, 1e8);
  refused({1, 1, 1, 1}, {1, 1e39}, {0, 0}, 6);
  refused({1, 1, 1, 1}, {1, 1}, {1e39, 0}, 6);
  refused({1, nan, 1, 1}, {1, 1}, {0, 0}, 6);
  refused({nan, 1, 1, 1}, {1, 1}, {0, 0}, 6);
  refused({1, 1, 1, 1}, {1, nan}, {0, 0}, 6);
  refused({1, 1, 1, 1}, {1, 1}, {nan, 0}, 6);
  refused({1, 1, 1, 1}, {1, 1}, {0, 0}, std::numeric_limits<double>::infinity());
  auto const sound = layer_of({1, 1, 1, 1}, space::Activation::relu6, {1e30, 1}, {0, 0});
  EXPECT_NO_THROW(require_bounded(sound, sound.epilogue({}, false), 1e6));
}

TEST(ValueBound, OnlySmallNumbersAreSmall) {
  std::vector<float> values(1000, 1e15F);
  EXPECT_NO_THROW(require_small(values.data(), values.size(), "a layer"));
  for (float const value : {2e15F, -2e15F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    values[777] = value;
    test::expect_error(Errc::numeric, "a layer: its inputs reach ", [&] { require_small(values.data(), values.size(), "a layer"); });
    EXPECT_NO_THROW(require_small(values.data(), 777, "a layer"));
  }
}

class UnboundedActivations : public testing::Test {
 protected:
  UnboundedActivations() {
    for (auto& [name, tensor] : supernet_.weights) tensor = tensor.to(at::kFloat);
  }
  at::Tensor logits(engine::Engine const& engine, int images) const {
    auto const net = net::slice(supernet_, space::largest_subnet(space_));
    return engine.compile(net)->logits(test::images(space_, images).to(at::kFloat));
  }

  at::NoGradGuard no_grad_;
  space::SearchSpace space_ = test::mobilenet_v3_space();
  net::Supernet supernet_ = test::lively_supernet(space_);
  std::unique_ptr<engine::Engine> fused_ = engine::make_onednn_engine(), reference_ = engine::make_reference_engine();
};

// Weights large enough that no bound holds to the end, norms that make up for them: maps are looked at, and nothing is wrong with them.
TEST_F(UnboundedActivations, NetworksOfLooseBoundsRun) {
  for (auto& [name, tensor] : supernet_.weights) {
    if (name.ends_with("bn.weight") && name.find("point_linear") != name.npos) tensor.mul_(1e-3);
    if (name.ends_with("inverted_bottleneck.bn.bn.weight")) tensor.mul_(1e3);
  }
  for (int const images : {1, 70}) {
    auto const expected = logits(*reference_, images);
    EXPECT_LE(test::relative_error(logits(*fused_, images), expected), 1e-4);
  }
}

TEST_F(UnboundedActivations, AMapOfLargeValuesIsRefusedByItsLayer) {
  supernet_.weights.at("first_conv.bn.bias").fill_(1e20);
  test::expect_error(Errc::numeric, "blocks.0.mobile_inverted_conv.depth_conv.conv: its inputs reach 1.0e+20", [&] { logits(*fused_, 3); });
}

}  // namespace
