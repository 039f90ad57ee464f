#include "common/net/finite_weights.hpp"

#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/net/supernet_file.hpp"
#include "common/net/weight_import.hpp"
#include "support/error_of.hpp"
#include "support/mobilenet_v3_space.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

struct Place {
  char const* key;
  std::vector<std::int64_t> index;
  char const* text;
};
// One of each class of tensor; the last element of one too.
Place const places[] = {
    {"first_conv.conv.weight", {2, 0, 1, 0}, "[2, 0, 1, 0]"},
    {"blocks.1.mobile_inverted_conv.depth_conv.conv.conv.weight", {3, 0, 2, 1}, "[3, 0, 2, 1]"},
    {"blocks.1.mobile_inverted_conv.depth_conv.conv.5to3_matrix", {8, 8}, "[8, 8]"},
    {"blocks.1.mobile_inverted_conv.depth_conv.se.fc.reduce.weight", {1, 2, 0, 0}, "[1, 2, 0, 0]"},
    {"blocks.1.mobile_inverted_conv.depth_conv.se.fc.expand.bias", {5}, "[5]"},
    {"first_conv.bn.weight", {0}, "[0]"},
    {"first_conv.bn.bias", {7}, "[7]"},
    {"blocks.2.mobile_inverted_conv.point_linear.bn.bn.running_mean", {4}, "[4]"},
    {"blocks.2.mobile_inverted_conv.point_linear.bn.bn.running_var", {4}, "[4]"},
    {"feature_mix_layer.conv.weight", {6, 5, 0, 0}, "[6, 5, 0, 0]"},
    {"classifier.linear.weight", {3, 17}, "[3, 17]"},
    {"classifier.linear.bias", {2}, "[2]"},
};

class FiniteWeights : public testing::Test {
 protected:
  void set(Place const& place, double value) {
    auto element = weights_.at(place.key);
    for (auto i : place.index) element = element[i];
    element.fill_(value);
  }
  void expect_refused(std::string const& text) {
    auto const file = dir_ / "W.pt", output = dir_ / "out.pt";
    checkpoint::save_state_dict(file, weights_);
    test::expect_error(Errc::data, file.string() + ": " + text, [&] { net::load_supernet(space_, file); });
    test::expect_error(Errc::data, file.string() + ": " + text, [&] { net::import_weights(space_, file, output, {}); });
    EXPECT_FALSE(std::filesystem::exists(output));
  }

  test::TempDir const dir_;
  space::SearchSpace space_ = test::mobilenet_v3_space();
  checkpoint::StateDict weights_ = net::make_supernet(space_, 3).weights;
};

TEST_F(FiniteWeights, EveryClassOfTensorIsRefusedByKeyAndPlace) {
  for (auto const& place : places)
    for (double const value : {nan, -nan, infinity, -infinity}) {
      auto const before = weights_.at(place.key).clone();
      set(place, value);
      auto const shown = value != value ? "nan" : value > 0 ? "inf" : "-inf";
      expect_refused(std::string(place.key) + " holds " + shown + " at " + place.text + " (weights must be finite");
      weights_.at(place.key).copy_(before);
    }
  checkpoint::save_state_dict(dir_ / "W.pt", weights_);
  EXPECT_NO_THROW(net::load_supernet(space_, dir_ / "W.pt"));
}

TEST_F(FiniteWeights, AVarianceMustNotBeNegativeButMayBeZero) {
  for (std::string const name : {"first_conv.bn", "blocks.3.mobile_inverted_conv.depth_conv.bn.bn", "final_expand_layer.bn"}) {
    auto& variance = weights_.at(name + ".running_var");
    variance[1].fill_(-0.25);
    expect_refused(name + ".running_var holds -0.25 at [1] (");
    variance[1].fill_(-0.0);
    checkpoint::save_state_dict(dir_ / "W.pt", weights_);
    EXPECT_NO_THROW(net::load_supernet(space_, dir_ / "W.pt"));
    variance[1].fill_(1);
  }
  weights_.at("first_conv.bn.running_mean").fill_(-3);  // those may
  checkpoint::save_state_dict(dir_ / "W.pt", weights_);
  EXPECT_NO_THROW(net::load_supernet(space_, dir_ / "W.pt"));
}

TEST_F(FiniteWeights, OtherValuesOfAKeyAreCountedAndOtherKeysListed) {
  auto& classifier = weights_.at("classifier.linear.weight");
  set(places[10], nan);
  classifier[4][0].fill_(infinity);
  expect_refused("classifier.linear.weight holds nan at [3, 17] (and 1 more value) (");
  classifier[4].slice(0, 0, 4).fill_(infinity);
  weights_.at("first_conv.bn.running_var")[2].fill_(-1);
  expect_refused("classifier.linear.weight holds nan at [3, 17] (and 4 more values); first_conv.bn.running_var holds -1 at [2] (");
}

TEST_F(FiniteWeights, HundredsOfKeysAreOneShortLine) {
  for (auto& [name, tensor] : weights_) tensor.fill_(nan);
  auto const file = dir_ / "W.pt";
  checkpoint::save_state_dict(file, weights_);
  auto const error = test::error_of([&] { net::load_supernet(space_, file); });
  ASSERT_TRUE(error);
  auto const text = std::string(error->what());
  EXPECT_NE(text.find("; and " + std::to_string(weights_.size() - 5) + " more keys"), std::string::npos) << text;
  EXPECT_LT(text.size(), 1000U);
}

TEST_F(FiniteWeights, ADoubleBeyondFloat32IsRefusedAsItWasSaved) {
  auto& bias = weights_.at("classifier.linear.bias");
  bias = bias.to(at::kDouble);
  bias[3].fill_(-1e300);
  expect_refused("classifier.linear.bias holds -1e+300 at [3]");
  bias[3].fill_(3e38);
  checkpoint::save_state_dict(dir_ / "W.pt", weights_);
  EXPECT_NO_THROW(net::load_supernet(space_, dir_ / "W.pt"));
}

TEST_F(FiniteWeights, TheKeyIsTheOneInTheFile) {
  checkpoint::StateDict theirs;
  for (auto const& [name, tensor] : weights_) theirs["module." + name] = tensor;
  theirs["module.first_conv.bn.bias"] = at::full({8}, nan);
  weights_ = theirs;
  expect_refused("module.first_conv.bn.bias holds nan at [0] (and 7 more values)");
}

TEST_F(FiniteWeights, WhatNoNetworkTakesMayHoldAnything) {
  weights_["first_conv.bn.num_batches_tracked"] = at::full({}, 3, at::kLong);
  weights_["blocks.1.mobile_inverted_conv.depth_conv.conv.activation_range"] = at::full({1}, nan);
  weights_["blocks.1.mobile_inverted_conv.depth_conv.conv.weight_range"] = at::full({1}, -infinity);
  checkpoint::save_state_dict(dir_ / "W.pt", weights_);
  EXPECT_NO_THROW(net::load_supernet(space_, dir_ / "W.pt"));
}

}  // namespace
