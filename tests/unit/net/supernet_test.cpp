#include "common/net/supernet.hpp"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/engine/calibration.hpp"
#include "common/net/channel_order.hpp"
#include "common/net/parameter_names.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/supernet_file.hpp"
#include "common/space/subnet.hpp"
#include "support/lively_network.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using test::images;
using test::lively_supernet;
using test::relative_error;

space::SearchSpace small_space() { return space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml"); }

TEST(Supernet, ParametersOfTheImageNetSpaceHaveTheReleasesNamesAndShapes) {
  auto const space = space::load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml");
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (auto const& spec : net::supernet_parameters(space)) shapes[spec.name] = spec.shape;
  using Shape = std::vector<std::int64_t>;
  EXPECT_EQ(shapes.at("first_conv.conv.weight"), (Shape{32, 3, 3, 3}));
  EXPECT_EQ(shapes.at("blocks.0.mobile_inverted_conv.point_linear.conv.weight"), (Shape{16, 32, 1, 1}));
  EXPECT_EQ(shapes.at("blocks.21.mobile_inverted_conv.inverted_bottleneck.conv.conv.weight"), (Shape{1152, 192, 1, 1}));
  EXPECT_EQ(shapes.at("blocks.1.mobile_inverted_conv.depth_conv.conv.7to5_matrix"), (Shape{25, 25}));
  EXPECT_EQ(shapes.at("blocks.1.mobile_inverted_conv.depth_conv.conv.5to3_matrix"), (Shape{9, 9}));
  EXPECT_EQ(shapes.at("blocks.21.mobile_inverted_conv.point_linear.bn.bn.running_var"), (Shape{320}));
  EXPECT_EQ(shapes.at("feature_mix_layer.conv.weight"), (Shape{1280, 320, 1, 1}));
  EXPECT_EQ(shapes.at("classifier.linear.weight"), (Shape{1000, 1280}));
}

TEST(Supernet, FileRoundTripKeepsTheHash) {
  test::TempDir const directory;
  auto const space = small_space();
  auto const supernet = net::make_supernet(space, 11);
  net::save_supernet(supernet, directory / "s.pt");
  EXPECT_EQ(net::load_supernet(space, directory / "s.pt").hash(), supernet.hash());
  EXPECT_NE(net::make_supernet(space, 12).hash(), supernet.hash());
}

TEST(Supernet, AMismatchedCheckpointListsEveryKey) {
  test::TempDir const directory;
  auto const space = small_space();
  auto supernet = net::make_supernet(space, 11);
  checkpoint::StateDict dict = supernet.weights;
  dict.erase("classifier.linear.bias");
  dict.erase("first_conv.bn.weight");
  dict["stranger"] = at::zeros({2});
  dict["classifier.linear.weight"] = at::zeros({3, 4});
  checkpoint::save_state_dict(directory / "s.pt", dict);
  try {
    net::load_supernet(space, directory / "s.pt");
    FAIL() << "must be refused";
  } catch (Error const& e) {
    std::string const text = e.what();
    EXPECT_EQ(e.code(), Errc::data);
    for (char const* part : {"classifier.linear.bias", "first_conv.bn.weight", "stranger", "classifier.linear.weight"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
  }
}

TEST(Supernet, SortingChannelsKeepsTheLargestNetworksFunction) {
  auto const space = small_space();
  auto supernet = lively_supernet(space);
  auto const x = images(space, 4);
  at::NoGradGuard const no_grad;
  auto const before = net::reference_forward(net::slice(supernet, space::largest_subnet(space)), x);
  auto const order_before = supernet.weights.at(net::parameter_names::project(0) + ".conv.conv.weight").clone();
  net::sort_channels(supernet);
  auto const projection = supernet.weights.at(net::parameter_names::project(0) + ".conv.conv.weight");
  EXPECT_FALSE(at::equal(projection, order_before));
  EXPECT_LE(relative_error(net::reference_forward(net::slice(supernet, space::largest_subnet(space)), x), before), 1e-12);
  auto const importance = projection.abs().sum({0, 2, 3});
  for (std::int64_t c = 1; c < importance.size(0); ++c) EXPECT_LE(importance[c].item<double>(), importance[c - 1].item<double>() + 1e-12);
}

TEST(Slice, DepthWidthAndKernelAreThoseOfTheSubnet) {
  auto const space = small_space();
  auto const supernet = lively_supernet(space);
  RandomStream random(1, "test.slice");
  for (int i = 0; i < 20; ++i) {
    auto const subnet = space::subnet_of(space, space::random_genes(space, random, true));
    auto const net = net::slice(supernet, subnet);
    int active = 0;
    for (int depth : subnet.depths) active += depth;
    ASSERT_EQ(net.blocks.size(), static_cast<std::size_t>(active + 3));
    std::size_t position = 2;
    for (int b = 0; b < space.num_blocks(); ++b) {
      auto const& block = space.blocks[static_cast<std::size_t>(b)];
      if (block.position >= subnet.depths[static_cast<std::size_t>(block.stage)]) continue;
      auto const& depthwise = net.blocks[position].convs[1];
      EXPECT_EQ(depthwise.weight.size(0), subnet.middle_channels[static_cast<std::size_t>(b)]);
      EXPECT_EQ(depthwise.weight.size(2), subnet.kernels[static_cast<std::size_t>(b)]);
      EXPECT_EQ(net.blocks[position].has_shortcut, block.has_shortcut());
      ++position;
    }
  }
}

TEST(Slice, EvaluatingASubnetNeverChangesTheSupernet) {
  auto const space = small_space();
  auto const supernet = net::make_supernet(space, 4);
  auto const hash = supernet.hash();
  RandomStream random(2, "test.slice");
  auto const x = images(space, 8).to(at::kFloat);
  std::vector<at::Tensor> const batches{x};
  for (int i = 0; i < 4; ++i) {
    auto net = net::slice(supernet, space::subnet_of(space, space::random_genes(space, random, true)));
    engine::prepare(net, batches, {.fidelity = i % 2 == 0 ? net::corrected_fidelity() : net::release_fidelity()},
                    *engine::make_reference_engine());
    at::NoGradGuard const no_grad;
    net::reference_forward(net, x, {.quantise = true});
  }
  EXPECT_EQ(supernet.hash(), hash);
}

TEST(Slice, GradientsReachTheSharedWeights) {
  auto const space = small_space();
  auto supernet = net::make_supernet(space, 4);
  for (auto& [name, tensor] : supernet.weights) tensor.requires_grad_(true);
  auto const x = images(space, 8).to(at::kFloat);
  auto smallest = space::smallest_subnet(space);
  net::reference_forward(net::slice(supernet, smallest), x, {.norm = net::NormMode::batch}).square().sum().backward();
  auto const gradient = supernet.weights.at(net::parameter_names::depthwise(0) + ".conv.conv.weight").grad();
  ASSERT_TRUE(gradient.defined());
  auto const width = space.blocks[0].middle_channels.front();
  EXPECT_GT(gradient.slice(0, 0, width).abs().sum().item<double>(), 0);
  EXPECT_EQ(gradient.slice(0, width).abs().sum().item<double>(), 0);  // channels that were not sliced
  EXPECT_TRUE(supernet.weights.at(net::parameter_names::kernel_matrix(0, 5, 3)).grad().defined());
}

TEST(Recalibration, StatisticsAreThoseOfTheImagesWhateverWasStored) {
  auto const space = small_space();
  auto supernet = lively_supernet(space);
  auto const subnet = space::largest_subnet(space);
  std::vector<at::Tensor> const batches{images(space, 8), images(space, 5)};
  auto const x = images(space, 4);
  at::NoGradGuard const no_grad;
  auto recalibrated = [&] {
    auto net = net::slice(supernet, subnet);
    engine::recalibrate_norms(net, batches, false, *engine::make_reference_engine());
    return net::reference_forward(net, x);
  };
  auto const before = recalibrated();
  for (auto& [name, tensor] : supernet.weights)
    if (name.ends_with("running_mean") || name.ends_with("running_var")) tensor.add_(3);
  EXPECT_LE(relative_error(recalibrated(), before), 1e-12);
}

TEST(Fidelity, EachSlipChangesTheNumbersOnItsOwn) {
  auto const space = small_space();
  auto const supernet = lively_supernet(space);
  auto subnet = space::largest_subnet(space);
  subnet.bits = space::uniform_bits(space, 4, 4);
  for (auto& kernel : subnet.kernels) kernel = 3;
  std::vector<at::Tensor> const batches{images(space, 16), images(space, 16)};
  auto const x = images(space, 4);
  at::NoGradGuard const no_grad;
  auto logits = [&](net::Fidelity const& fidelity) {
    auto net = net::slice(supernet, subnet, fidelity);
    engine::prepare(net, batches, {.fidelity = fidelity}, *engine::make_reference_engine());
    return net::reference_forward(net, x, {.quantise = true});
  };
  auto const corrected = logits({});
  EXPECT_GT(relative_error(logits({.feature_mix_loses_a_bit = true}), corrected), 1e-6);
  EXPECT_GT(relative_error(logits({.recalibrates_before_calibrating = true}), corrected), 1e-6);
  EXPECT_GT(relative_error(logits({.kl_halves_the_levels = true}), corrected), 1e-6);
}

TEST(Quantised, EightBitsStayCloseToFullPrecision) {
  auto const space = small_space();
  auto const supernet = lively_supernet(space);
  auto subnet = space::largest_subnet(space);
  std::vector<at::Tensor> const batches{images(space, 32)};
  auto const x = images(space, 8);
  at::NoGradGuard const no_grad;
  auto net = net::slice(supernet, subnet);
  engine::prepare(net, batches, {}, *engine::make_reference_engine());
  auto const full = net::reference_forward(net, x);
  subnet.bits = space::uniform_bits(space, 8, 8);
  auto quantised = net::slice(supernet, subnet);
  engine::prepare(quantised, batches, {}, *engine::make_reference_engine());
  double const error = relative_error(net::reference_forward(quantised, x, {.quantise = true}), full);
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.2);
}

}  // namespace
