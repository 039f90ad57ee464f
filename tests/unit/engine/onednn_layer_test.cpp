// Quantised layers in integers against the quantiser's simulation in float64, on the same inputs.
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/random.hpp"
#include "common/engine/engine_kind.hpp"
#include "common/engine/onednn/coded_layer.hpp"
#include "common/engine/onednn/map_kernels.hpp"
#include "common/net/quantiser.hpp"
#include "common/net/reference_forward.hpp"

namespace {

using namespace apq;
using namespace apq::engine::onednn;
using space::Activation;

at::Tensor normals(RandomStream& random, at::IntArrayRef shape, double mean = 0, double deviation = 1) {
  auto tensor = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = mean + deviation * random.normal();
  return tensor;
}

struct Case {
  std::int64_t in, out, size, kernel, stride;
  bool is_depthwise, is_signed;
  std::optional<Activation> activation;
  int weight_bits, activation_bits, next_bits;
};

/// All float parameters are float32 numbers, held as float64.
net::ConvUnit unit_of(Case const& c, RandomStream& random) {
  auto const as_float = [](at::Tensor const& t) { return t.to(at::kFloat).to(at::kDouble); };
  net::ConvUnit unit;
  unit.weight = as_float(normals(random, {c.out, c.is_depthwise ? 1 : c.in, c.kernel, c.kernel}, 0, 0.3));
  unit.stride = static_cast<int>(c.stride);
  unit.groups = c.is_depthwise ? static_cast<int>(c.in) : 1;
  unit.norm = net::BatchNorm{as_float(normals(random, {c.out}, 1, 0.2)), as_float(normals(random, {c.out}, 1, 0.5)),
                             as_float(normals(random, {c.out})), as_float(normals(random, {c.out}).abs() + 0.5), 1e-3};
  unit.activation = c.activation;
  unit.quantisation = {.weight_bits = c.weight_bits,
                       .activation_bits = c.activation_bits,
                       .is_signed = c.is_signed,
                       .activation_range = c.is_signed ? 3.25 : 5.5,
                       .weight_ranges = {static_cast<double>(static_cast<float>(0.7))}};
  return unit;
}

TEST(IntegerLayer, IsTheFloat64SimulationToTheQuantum) {
  if (!engine::has_exact_integers()) GTEST_SKIP() << "no exact 8-bit products on this processor";
  at::NoGradGuard const no_grad;
  constexpr auto relu6 = Activation::relu6, relu = Activation::relu, h_swish = Activation::h_swish;
  constexpr std::optional<Activation> linear;
  std::vector<Case> const cases{{24, 144, 14, 1, 1, false, true, relu6, 8, 7, 8},   {24, 136, 14, 1, 1, false, true, relu6, 4, 3, 4},
                                {144, 144, 14, 7, 2, true, false, relu6, 8, 8, 8},  {136, 136, 13, 3, 1, true, false, relu6, 6, 4, 6},
                                {48, 48, 28, 5, 1, true, false, relu6, 2, 2, 2},    {144, 40, 14, 1, 1, false, false, linear, 8, 8, 7},
                                {136, 24, 14, 1, 1, false, false, linear, 3, 5, 5}, {320, 1280, 7, 1, 1, false, true, relu6, 8, 7, 8},
                                {40, 120, 14, 1, 1, false, true, h_swish, 8, 7, 7}, {120, 120, 14, 5, 2, true, true, h_swish, 6, 5, 5},
                                {72, 72, 14, 3, 1, true, false, relu, 8, 8, 8}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    auto const& c = cases[i];
    RandomStream random(11, "test.integer_layer", i);
    constexpr std::int64_t batch = 16;
    auto unit = unit_of(c, random);
    if (i % 2 == 1) {  // a scale for each channel
      auto& ranges = unit.quantisation.weight_ranges;
      ranges.clear();
      for (std::int64_t channel = 0; channel < c.out; ++channel)
        ranges.push_back(static_cast<double>(static_cast<float>(0.3 + 0.6 * random.uniform())));
    }
    auto const layer = coded(unit, true);
    ASSERT_TRUE(layer.input);
    ASSERT_EQ(layer.weight_steps.size(), i % 2 == 1 ? static_cast<std::size_t>(c.out) : 1u);
    bool const goes_below_zero = !c.activation || space::has_sign(*c.activation);
    InputCode const next{goes_below_zero, goes_below_zero ? 6.0F : 4.5F, (1 << c.next_bits) - 1};
    auto const shape = layer.shape(batch, c.size);

    // The input lies on the quantiser's grid.
    auto const& code = *layer.input;
    auto const x = normals(random, {batch, c.in, c.size, c.size}, c.is_signed ? 0 : 1, 2);
    auto const codes = x.div(static_cast<double>(code.step())).round().clamp(c.is_signed ? -code.levels : 0, code.levels);
    auto const source = codes.permute({0, 2, 3, 1}).contiguous().to(c.is_signed ? at::kChar : at::kByte);
    auto found = at::zeros({batch, shape.out_size(), shape.out_size(), c.out}, next.is_signed ? at::kChar : at::kByte);
    layer.convolution(shape, next.number(), layer.epilogue(next, false)).run(source.data_ptr(), found.data_ptr());

    // The simulation, quantisers and all.
    net::SubnetNet net;
    net.blocks = {{{unit}, false}};
    net.is_quantised = true;
    net.classifier_weight = at::zeros({1, c.out}, at::kDouble);
    at::Tensor output;
    net::ForwardOptions options{.quantise = true};
    net.blocks.push_back({{unit_of({c.out, c.out, shape.out_size(), 1, 1, true, false, relu6, 0, 0, 8}, random)}, false});
    options.on_input = [&](std::size_t index, at::Tensor const& input) {
      if (index == 1) output = input.clone();
    };
    auto const step = unit.quantisation.activation_range / ((1 << unit.quantisation.activation_bits) - 1);
    net::reference_forward(net, codes * step, options);
    auto const expected = output.clamp(next.is_signed ? -static_cast<double>(next.range) : 0.0, static_cast<double>(next.range))
                              .div(static_cast<double>(next.range) / next.levels)
                              .round();
    auto const difference = (found.permute({0, 3, 1, 2}).to(at::kDouble) - expected).abs();
    EXPECT_LE(difference.max().item<double>(), 1);
    EXPECT_LE(difference.gt(0.5).to(at::kDouble).mean().item<double>(), 1e-4);
    EXPECT_GT(expected.std().item<double>(), 0) << "all alike proves nothing";
  }
}

TEST(IntegerLayer, SumsWithAShortcutStayFloats) {
  if (!engine::has_exact_integers()) GTEST_SKIP() << "no exact 8-bit products on this processor";
  RandomStream random(12, "test.integer_layer");
  auto const unit = unit_of({16, 24, 7, 1, 1, false, false, std::nullopt, 8, 8, 8}, random);
  auto const layer = coded(unit, true);
  auto const shape = layer.shape(2, 7);
  std::vector<std::uint8_t> const source(shape.in_values(), 3);
  std::vector<float> plain(shape.out_values()), added(shape.out_values(), 0.37F);
  layer.convolution(shape, Number::f32, layer.epilogue({}, false)).run(source.data(), plain.data());
  layer.convolution(shape, Number::f32, layer.epilogue({}, true)).run(source.data(), added.data());
  for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(added[i], plain[i] + 0.37F, 1e-5F * (1 + std::abs(plain[i])));
}

// Recalibration finishes sums with a pass of its own, evaluation inside the convolution.
TEST(MapKernels, AnEpilogueAppliedToSumsIsTheConvolutions) {
  if (!engine::has_exact_integers()) GTEST_SKIP() << "no exact 8-bit products on this processor";
  constexpr std::int64_t size = 7;
  std::vector<std::optional<Activation>> activations{std::nullopt};
  for (auto const& kind : space::activation_kinds) activations.push_back(kind.value);
  for (auto const activation : activations)
    for (Number const number : {Number::f32, Number::u8, Number::s8}) {
      SCOPED_TRACE(std::to_string(activation ? static_cast<int>(*activation) : -1) + " " + std::to_string(static_cast<int>(number)));
      RandomStream random(14, "test.map_kernels");
      auto const layer = coded(unit_of({24, 37, size, 1, 1, false, true, activation, 8, 7, 8}, random), true);
      auto const shape = layer.shape(2, size);
      std::vector<std::int8_t> source(shape.in_values());
      for (auto& code : source) code = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
      std::vector<float> sums(shape.out_values());
      layer.convolution(shape, Number::f32, {}).run(source.data(), sums.data());
      auto const rows = sums.size() / 37;
      bool const is_float = number == Number::f32;
      auto const epilogue = layer.epilogue(is_float ? std::nullopt : std::optional(InputCode{number == Number::s8, 3.5F, 127}), false);
      std::vector<float> floats(sums.size()), found_floats(sums.size());
      std::vector<std::uint8_t> codes(sums.size()), found_codes(sums.size());
      void* const expected = is_float ? static_cast<void*>(floats.data()) : codes.data();
      void* const found = is_float ? static_cast<void*>(found_floats.data()) : found_codes.data();
      layer.convolution(shape, number, epilogue).run(source.data(), expected);
      apply(epilogue, sums.data(), rows, number, found);
      std::size_t num_different = 0, num_distinct = 0;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        if (is_float) {
          ASSERT_NEAR(found_floats[i], floats[i], 1e-5F * (1 + std::abs(floats[i])));
          num_distinct += floats[i] != floats[0];
          continue;
        }
        auto const value = [&](std::uint8_t code) {
          return number == Number::s8 ? static_cast<int>(static_cast<std::int8_t>(code)) : static_cast<int>(code);
        };
        ASSERT_LE(std::abs(value(found_codes[i]) - value(codes[i])), 1);
        num_different += found_codes[i] != codes[i];
        num_distinct += codes[i] != codes[0];
      }
      EXPECT_LE(num_different, sums.size() / 1000);
      EXPECT_GT(num_distinct, sums.size() / 10) << "all alike proves nothing";
    }
}

TEST(MapKernels, GatesMultiplyTheirChannels) {
  std::vector<float> map(2 * 3 * 2, 2.0F);
  std::vector<float> const gates{-4, 0, 3, 9};  // h-sigmoid: 0, 1/2, 1, 1
  multiply_by_gates(gates.data(), 2, 3, 2, map.data());
  EXPECT_EQ(map, (std::vector<float>{0, 1, 0, 1, 0, 1, 2, 2, 2, 2, 2, 2}));
}

TEST(MapKernels, StatisticsAreTheExactOnes) {
  RandomStream random(13, "test.map_kernels");
  std::size_t const rows = 1000, channels = 37;
  std::vector<float> map(rows * channels);
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<float>(100.0 * static_cast<double>(i % channels) + random.normal());
  ChannelStatistics statistics(channels);
  statistics.add(map.data(), 333);
  statistics.add(map.data() + 333 * channels, rows - 333);
  for (std::size_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t r = 0; r < rows; ++r) mean += map[r * channels + c] / static_cast<double>(rows);
    for (std::size_t r = 0; r < rows; ++r) variance += std::pow(map[r * channels + c] - mean, 2) / static_cast<double>(rows);
    EXPECT_NEAR(statistics.mean()[c], mean, 1e-3);
    EXPECT_NEAR(statistics.variance()[c], variance, 1e-4 * variance);
  }
}

TEST(MapKernels, CodesAreRoundedHalfToEvenAndClipped) {
  std::vector<float> const x{-9, -0.75F, -0.25F, 0, 0.25F, 0.75F, 1.25F, 1.74F, 9};
  std::vector<std::int8_t> with_sign(x.size());
  std::vector<std::uint8_t> without(x.size());
  quantise(x.data(), x.size(), {true, 1.5F, 3}, with_sign.data());
  quantise(x.data(), x.size(), {false, 1.5F, 3}, without.data());
  EXPECT_EQ(with_sign, (std::vector<std::int8_t>{-3, -2, 0, 0, 0, 2, 2, 3, 3}));
  EXPECT_EQ(without, (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 2, 2, 3, 3}));
  quantise(x.data(), x.size(), {false, 0, 3}, without.data());
  EXPECT_EQ(without, std::vector<std::uint8_t>(x.size(), 0));
}

}  // namespace
