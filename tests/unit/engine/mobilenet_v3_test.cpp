// Networks of OFA-MobileNetV3 spaces against a plain composition of tensor operations, by the published names of the weights.
#include <algorithm>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/random.hpp"
#include "common/engine/calibration.hpp"
#include "common/net/channel_order.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/subnet_net.hpp"
#include "common/net/supernet_file.hpp"
#include "common/space/subnet.hpp"
#include "support/lively_network.hpp"
#include "support/mobilenet_v3_space.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using test::images;
using test::lively_supernet;
using test::relative_error;

// MobileNetV3 as its paper and once-for-all describe it, on a state dict of the published names.
class Reference {
 public:
  Reference(checkpoint::StateDict const& weights, double epsilon) : weights_(weights), epsilon_(epsilon) {}

  at::Tensor operator()(space::SearchSpace const& space, space::Subnet const& subnet, at::Tensor x) const {
    x = h_swish(norm("first_conv.bn", conv("first_conv.conv.weight", x, 2)));
    auto const first = x;
    x = relu(
        norm("blocks.0.mobile_inverted_conv.depth_conv.bn", depthwise(w("blocks.0.mobile_inverted_conv.depth_conv.conv.weight"), x, 1)));
    x = norm("blocks.0.mobile_inverted_conv.point_linear.bn", conv("blocks.0.mobile_inverted_conv.point_linear.conv.weight", x, 1)) + first;
    for (int i = 0; i < space.num_blocks(); ++i) {
      auto const b = static_cast<std::size_t>(i);
      auto const& block = space.blocks[b];
      auto const& stage = space.stages[static_cast<std::size_t>(block.stage)];
      if (block.position >= subnet.depths[static_cast<std::size_t>(block.stage)]) continue;
      auto act = [&](at::Tensor const& v) { return stage.activation == space::Activation::relu ? relu(v) : h_swish(v); };
      auto const name = "blocks." + std::to_string(i + 1) + ".mobile_inverted_conv.";
      std::int64_t const middle = subnet.middle_channels[b];
      auto y = act(
          norm(name + "inverted_bottleneck.bn.bn", at::conv2d(x, w(name + "inverted_bottleneck.conv.conv.weight").slice(0, 0, middle))));
      y = act(norm(name + "depth_conv.bn.bn", depthwise(filter(name, block.kernels.back(), subnet.kernels[b], middle), y, block.stride)));
      if (stage.squeeze_excite) y = y * gate(name + "depth_conv.se.fc.", y, space.channel_divisor);
      y = norm(name + "point_linear.bn.bn", at::conv2d(y, w(name + "point_linear.conv.conv.weight").slice(1, 0, middle)));
      x = block.stride == 1 && block.in_channels == block.out_channels ? y + x : y;
    }
    x = h_swish(norm("final_expand_layer.bn", conv("final_expand_layer.conv.weight", x, 1)));
    x = h_swish(conv("feature_mix_layer.conv.weight", x.mean({2, 3}, true), 1));
    return at::addmm(w("classifier.linear.bias"), x.flatten(1), w("classifier.linear.weight").t());
  }

 private:
  at::Tensor w(std::string const& name) const { return weights_.at(name); }
  static at::Tensor relu(at::Tensor const& x) { return x.clamp_min(0); }
  static at::Tensor h_swish(at::Tensor const& x) { return x * (x + 3).clamp(0, 6) / 6; }
  at::Tensor conv(std::string const& name, at::Tensor const& x, int stride) const {
    auto const weight = w(name);
    return at::conv2d(x, weight, {}, stride, weight.size(2) / 2);
  }
  static at::Tensor depthwise(at::Tensor const& weight, at::Tensor const& x, int stride) {
    return at::conv2d(x, weight, {}, stride, weight.size(2) / 2, 1, x.size(1));
  }
  at::Tensor norm(std::string const& name, at::Tensor const& x) const {
    auto part = [&](char const* key) { return w(name + key).slice(0, 0, x.size(1)).view({1, -1, 1, 1}); };
    return (x - part(".running_mean")) / (part(".running_var") + epsilon_).sqrt() * part(".weight") + part(".bias");
  }
  at::Tensor filter(std::string const& name, int from, int kernel, std::int64_t channels) const {
    auto result = w(name + "depth_conv.conv.conv.weight").slice(0, 0, channels);
    for (; from != kernel; from -= 2) {
      auto const matrix = w(name + "depth_conv.conv." + std::to_string(from) + "to" + std::to_string(from - 2) + "_matrix");
      auto const centre = result.slice(2, 1, from - 1).slice(3, 1, from - 1).reshape({channels, -1});
      result = centre.mm(matrix.t()).view({channels, 1, from - 2, from - 2});
    }
    return result;
  }
  at::Tensor gate(std::string const& name, at::Tensor const& x, int divisor) const {
    auto const channels = x.size(1);
    auto hidden = std::max<std::int64_t>(divisor, (channels / 4 + divisor / 2) / divisor * divisor);
    if (static_cast<double>(hidden) < 0.9 * static_cast<double>(channels / 4)) hidden += divisor;
    auto const mean = x.mean({2, 3}, true);
    auto const reduced =
        at::conv2d(mean, w(name + "reduce.weight").slice(0, 0, hidden).slice(1, 0, channels), w(name + "reduce.bias").slice(0, 0, hidden));
    auto const expanded = at::conv2d(relu(reduced), w(name + "expand.weight").slice(0, 0, channels).slice(1, 0, hidden),
                                     w(name + "expand.bias").slice(0, 0, channels));
    return (expanded + 3).clamp(0, 6) / 6;
  }

  checkpoint::StateDict const& weights_;
  double epsilon_;
};

TEST(MobileNetV3, LargestAndSlicedNetsComputeThePlainComposition) {
  auto const space = test::mobilenet_v3_space();
  auto const supernet = lively_supernet(space);
  Reference const reference(supernet.weights, space.bn_epsilon);
  at::NoGradGuard const no_grad;
  std::vector<space::Subnet> subnets{space::largest_subnet(space), space::smallest_subnet(space)};
  RandomStream random(1, "test.subnets");
  for (int i = 0; i < 12; ++i) subnets.push_back(space::subnet_of(space, space::random_genes(space, random, false)));
  for (auto const& subnet : subnets) {
    auto const x = images(space, 3, subnet.image_size);
    EXPECT_LE(relative_error(net::reference_forward(net::slice(supernet, subnet), x), reference(space, subnet, x)), 1e-12);
  }
}

// What evaluation runs: float32, in place, channels last.
TEST(MobileNetV3, Float32WithoutGradientsIsTheSame) {
  auto const space = test::mobilenet_v3_space();
  auto const exact = lively_supernet(space);
  auto rounded = exact;
  for (auto& [name, tensor] : rounded.weights) tensor = tensor.to(at::kFloat);
  auto const subnet = space::largest_subnet(space);
  auto const x = images(space, 3, subnet.image_size);
  auto const expected = Reference(exact.weights, space.bn_epsilon)(space, subnet, x);
  at::NoGradGuard const no_grad;
  EXPECT_LE(relative_error(net::reference_forward(net::slice(rounded, subnet), x.to(at::kFloat)).to(at::kDouble), expected), 2e-5);
}

TEST(MobileNetV3, GradientsReachEveryTrainedParameter) {
  auto const space = test::mobilenet_v3_space();
  auto supernet = lively_supernet(space);
  for (auto const& spec : net::supernet_parameters(space))
    if (spec.is_trained()) supernet.weights.at(spec.name).requires_grad_(true);
  auto const subnet = space::largest_subnet(space);
  auto const x = images(space, 6, subnet.image_size);
  auto const loss = net::reference_forward(net::slice(supernet, subnet), x, {.norm = net::NormMode::batch}).square().sum();
  loss.backward();
  for (auto const& spec : net::supernet_parameters(space)) {
    // The largest kernels need no matrices, and a shift is taken out again by the next batch norm.
    using Kind = net::ParameterSpec::Kind;
    if (!spec.is_trained() || spec.kind == Kind::kernel_matrix || spec.kind == Kind::norm_bias) continue;
    auto const gradient = supernet.weights.at(spec.name).grad();
    ASSERT_TRUE(gradient.defined()) << spec.name;
    EXPECT_GT(gradient.abs().sum().item<double>(), 0) << spec.name;
  }
}

TEST(MobileNetV3, SortingChannelsKeepsTheLargestNetworksFunction) {
  auto const space = test::mobilenet_v3_space();
  auto supernet = lively_supernet(space);
  auto const subnet = space::largest_subnet(space);
  auto const x = images(space, 4, subnet.image_size);
  at::NoGradGuard const no_grad;
  auto const before = net::reference_forward(net::slice(supernet, subnet), x);
  auto const expand = "blocks.1.mobile_inverted_conv.depth_conv.se.fc.expand.weight";
  auto const unsorted = supernet.weights.at(expand).clone();
  net::sort_channels(supernet);
  EXPECT_FALSE(at::equal(supernet.weights.at(expand), unsorted));
  EXPECT_LE(relative_error(net::reference_forward(net::slice(supernet, subnet), x), before), 1e-12);
  auto const importance = supernet.weights.at(expand).abs().sum({0, 2, 3});
  for (std::int64_t c = 1; c < importance.size(0); ++c) EXPECT_LE(importance[c].item<double>(), importance[c - 1].item<double>() + 1e-12);
}

net::ConvUnit const& unit_named(net::SubnetNet const& net, std::string const& name) {
  for (auto const& block : net.blocks)
    for (auto const& unit : block.convs)
      if (unit.name == name) return unit;
  throw std::runtime_error("no unit " + name);
}

TEST(MobileNetV3, QuantisedInputsHaveTheSignOfWhatTheyComeFrom) {
  auto const space = test::mobilenet_v3_space();
  auto subnet = space::largest_subnet(space);
  subnet.bits = space::uniform_bits(space, 4, 6);
  auto const net = net::slice(net::make_supernet(space, 1), subnet);
  auto expect = [](net::LayerQuantisation const& q, int weight_bits, int activation_bits, bool is_signed) {
    EXPECT_EQ(q.weight_bits, weight_bits);
    EXPECT_EQ(q.activation_bits, activation_bits);
    EXPECT_EQ(q.is_signed, is_signed);
  };
  expect(unit_named(net, "blocks.0.mobile_inverted_conv.depth_conv.conv").quantisation, 8, 7, true);     // after the stem's h-swish
  expect(unit_named(net, "blocks.0.mobile_inverted_conv.point_linear.conv").quantisation, 8, 8, false);  // after ReLU
  auto const& relu = unit_named(net, "blocks.1.mobile_inverted_conv.depth_conv.conv");
  expect(unit_named(net, "blocks.1.mobile_inverted_conv.inverted_bottleneck.conv").quantisation, 4, 5, true);
  expect(relu.quantisation, 4, 6, false);
  expect(relu.squeeze_excite->reduce.quantisation, 8, 8, false);
  expect(relu.squeeze_excite->expand.quantisation, 8, 8, false);
  expect(unit_named(net, "blocks.1.mobile_inverted_conv.point_linear.conv").quantisation, 4, 6, false);
  EXPECT_FALSE(unit_named(net, "blocks.3.mobile_inverted_conv.depth_conv.conv").squeeze_excite.has_value());
  auto const& swish = unit_named(net, "blocks.6.mobile_inverted_conv.depth_conv.conv");
  expect(swish.quantisation, 4, 5, true);
  expect(swish.squeeze_excite->reduce.quantisation, 8, 7, true);
  expect(swish.squeeze_excite->expand.quantisation, 8, 8, false);  // the hidden layer has a ReLU
  expect(unit_named(net, "blocks.6.mobile_inverted_conv.point_linear.conv").quantisation, 4, 5, true);
  expect(unit_named(net, "final_expand_layer.conv").quantisation, 8, 7, true);
  expect(unit_named(net, "feature_mix_layer.conv").quantisation, 8, 7, true);
  expect(net.classifier_quantisation, 8, 7, true);
}

TEST(MobileNetV3, ReluRangesAreThoseSeenAndNotCutAtSix) {
  auto const space = test::mobilenet_v3_space();
  auto supernet = lively_supernet(space);
  supernet.weights.at("blocks.1.mobile_inverted_conv.inverted_bottleneck.bn.bn.bias").fill_(20);
  auto subnet = space::largest_subnet(space);
  subnet.bits = space::uniform_bits(space, 8, 8);
  auto net = net::slice(supernet, subnet);
  at::Tensor input;
  net::ForwardOptions options;
  options.on_input = [&](std::size_t layer, at::Tensor const& x) {
    if (layer == 4) input = x.clone();  // stem, first block (2), expansion, this
  };
  auto const x = images(space, 4, subnet.image_size);
  at::NoGradGuard const no_grad;
  net::reference_forward(net, x, options);
  engine::calibrate_ranges(net, x, {}, *engine::make_reference_engine());
  auto const& unit = unit_named(net, "blocks.1.mobile_inverted_conv.depth_conv.conv");
  EXPECT_GT(unit.quantisation.activation_range, 15);
  EXPECT_FLOAT_EQ(static_cast<float>(unit.quantisation.activation_range), static_cast<float>(input.max().item<double>()));
  EXPECT_EQ(unit.squeeze_excite->reduce.quantisation.weight_ranges.size(), 1u);
  EXPECT_GT(unit.squeeze_excite->reduce.quantisation.activation_range, 0);
  engine::calibrate_ranges(net, x, {.fidelity = net::release_fidelity()}, *engine::make_reference_engine());
  EXPECT_EQ(unit.quantisation.activation_range, 6);
}

TEST(MobileNetV3, EightBitsStayCloseToFullPrecision) {
  auto const space = test::mobilenet_v3_space();
  auto const supernet = lively_supernet(space);
  auto subnet = space::largest_subnet(space);
  std::vector<at::Tensor> const batches{images(space, 32, subnet.image_size)};
  auto const x = images(space, 8, subnet.image_size);
  at::NoGradGuard const no_grad;
  auto net = net::slice(supernet, subnet);
  engine::prepare(net, batches, {}, *engine::make_reference_engine());
  auto const full = net::reference_forward(net, x);
  auto error_at = [&](int bits) {
    subnet.bits = space::uniform_bits(space, bits, bits);
    auto quantised = net::slice(supernet, subnet);
    engine::prepare(quantised, batches, {}, *engine::make_reference_engine());
    return relative_error(net::reference_forward(quantised, x, {.quantise = true}), full);
  };
  EXPECT_GT(error_at(8), 0);
  EXPECT_LT(error_at(8), 0.2);
  EXPECT_GT(error_at(4), error_at(8));
}

TEST(MobileNetV3, LayersAreCountedAsForwardReportsThem) {
  auto const space = test::mobilenet_v3_space();
  auto const subnet = space::largest_subnet(space);
  auto net = net::slice(lively_supernet(space), subnet);
  auto const layers = net::layers_of(net);
  // Stem, first block, 7 blocks of three, two matrices in the four with squeeze-excite, final expansion, feature mix, classifier.
  EXPECT_EQ(layers.size(), 1u + 2 + 7 * 3 + 4 * 2 + 3);
  net::ForwardOptions options;
  std::size_t next = 0;
  options.on_input = [&](std::size_t layer, at::Tensor const& input) {
    EXPECT_EQ(layer, next++);
    auto const& weight = *layers.at(layer).weight;
    EXPECT_EQ(input.size(1), weight.dim() == 4 && weight.size(1) == 1 ? weight.size(0) : weight.size(1)) << layer;
  };
  at::NoGradGuard const no_grad;
  net::reference_forward(net, images(space, 2, subnet.image_size), options);
  EXPECT_EQ(next, layers.size());
}

TEST(MobileNetV3, ShallowSubnetsLeaveBlocksOut) {
  auto const space = test::mobilenet_v3_space();
  auto const supernet = net::make_supernet(space, 2);
  EXPECT_EQ(net::slice(supernet, space::largest_subnet(space)).blocks.size(), 2u + 7 + 2);
  EXPECT_EQ(net::slice(supernet, space::smallest_subnet(space)).blocks.size(), 2u + 4 + 2);
  auto const net = net::slice(supernet, space::smallest_subnet(space));
  EXPECT_TRUE(net.blocks.back().is_after_pooling);
  EXPECT_FALSE(net.blocks.back().convs.front().norm.has_value());
  EXPECT_TRUE(net.blocks[1].has_shortcut);
}

// Published numbers: 7,664,760 parameters in the largest network of width 1.0 (counted by once-for-all's own profile).
TEST(OfaSupernet, HasThePublishedNumberOfParametersAndNames) {
  auto const space = space::load_space(test::source_dir() / "configs/spaces/ofa_mbv3_w1.0.yaml");
  using Kind = net::ParameterSpec::Kind;
  std::int64_t count = 0;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (auto const& spec : net::supernet_parameters(space)) {
    shapes[spec.name] = spec.shape;
    if (!spec.is_trained() || spec.kind == Kind::kernel_matrix) continue;
    std::int64_t numel = 1;
    for (auto n : spec.shape) numel *= n;
    count += numel;
  }
  EXPECT_EQ(count, 7'664'760);
  using Shape = std::vector<std::int64_t>;
  EXPECT_EQ(shapes.at("blocks.5.mobile_inverted_conv.depth_conv.se.fc.reduce.weight"), (Shape{40, 144, 1, 1}));
  EXPECT_EQ(shapes.at("blocks.5.mobile_inverted_conv.depth_conv.se.fc.expand.bias"), (Shape{144}));
  EXPECT_EQ(shapes.at("blocks.20.mobile_inverted_conv.depth_conv.conv.7to5_matrix"), (Shape{25, 25}));
  EXPECT_EQ(shapes.at("final_expand_layer.bn.running_mean"), (Shape{960}));
  EXPECT_EQ(shapes.at("feature_mix_layer.conv.weight"), (Shape{1280, 960, 1, 1}));
  EXPECT_FALSE(shapes.contains("feature_mix_layer.bn.weight"));
}

// The published supernets say mobile_inverted_conv, once-for-all's present code says conv; both carry batch counters.
TEST(OfaSupernet, BothSpellingsOfOnceForAllAreRead) {
  test::TempDir const directory;
  auto const space = test::mobilenet_v3_space();
  auto const supernet = net::make_supernet(space, 6);
  for (bool const is_new : {false, true}) {
    checkpoint::StateDict dict;
    for (auto const& [name, tensor] : supernet.weights) {
      auto theirs = name;
      if (auto const at = theirs.find("mobile_inverted_conv"); is_new && at != theirs.npos) theirs.replace(at, 20, "conv");
      if (theirs.starts_with("classifier.linear.")) theirs.replace(0, 18, "classifier.linear.linear.");
      dict[theirs] = tensor;
      if (theirs.ends_with("running_var")) dict[theirs.substr(0, theirs.size() - 11) + "num_batches_tracked"] = at::zeros({}, at::kLong);
    }
    checkpoint::save_state_dict(directory / "ofa", dict, checkpoint::DictLayout::wrapped);
    EXPECT_EQ(net::load_supernet(space, directory / "ofa").hash(), supernet.hash()) << is_new;
  }
}

}  // namespace
