#include "common/checkpoint/weight_names.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace {
using namespace apq;
using Shapes = std::map<std::string, checkpoint::Shape>;

Shapes const network{{"first_conv.conv.weight", {8, 3, 3, 3}},
                     {"blocks.0.mobile_inverted_conv.depth_conv.conv.weight", {8, 1, 3, 3}},
                     {"blocks.0.mobile_inverted_conv.depth_conv.bn.weight", {8}},
                     {"blocks.1.mobile_inverted_conv.depth_conv.conv.conv.weight", {16, 1, 7, 7}},
                     {"blocks.1.mobile_inverted_conv.depth_conv.conv.7to5_matrix", {25, 25}},
                     {"blocks.1.mobile_inverted_conv.depth_conv.bn.bn.running_var", {16}},
                     {"blocks.2.mobile_inverted_conv.depth_conv.conv.conv.weight", {4, 1, 3, 3}},
                     {"classifier.linear.weight", {10, 8}},
                     {"classifier.linear.bias", {10}}};

/// The network's own names, each changed by `rename`.
template <class Rename>
Shapes renamed(Rename const& rename) {
  Shapes result;
  for (auto const& [name, shape] : network) result[rename(name)] = shape;
  return result;
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  if (auto const at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
  return text;
}

void expect_all_matched(Shapes const& checkpoint, bool native) {
  auto const names = checkpoint::match_weight_names(network, checkpoint);
  EXPECT_NO_THROW(checkpoint::require_fit(names, "f.pth"));
  ASSERT_TRUE(names.fits());
  EXPECT_EQ(names.matched.size(), network.size());
  EXPECT_EQ(names.is_native(), native);
  for (auto const& pair : names.matched) EXPECT_EQ(network.at(pair.to), pair.shape);
}

TEST(WeightNames, ReadsEverySpellingOfTheFamily) {
  expect_all_matched(network, true);
  expect_all_matched(renamed([](std::string n) { return replaced(replaced(n, ".conv.conv.", ".conv."), ".bn.bn.", ".bn."); }), false);
  expect_all_matched(renamed([](std::string n) { return replaced(n, "mobile_inverted_conv", "conv"); }), false);
  expect_all_matched(renamed([](std::string n) { return replaced(n, "classifier.linear.", "classifier.linear.linear."); }), false);
  expect_all_matched(renamed([](std::string n) { return replaced(n, "classifier.linear.", "classifier."); }), false);
  expect_all_matched(renamed([](std::string n) {
                       return replaced(n, "0.mobile_inverted_conv.depth_conv.conv.", "0.mobile_inverted_conv.depth_conv.conv.conv.");
                     }),
                     false);
  expect_all_matched(renamed([](std::string n) { return "module." + n; }), false);
  expect_all_matched(renamed([](std::string n) { return "module._orig_mod." + n; }), false);
  expect_all_matched(renamed([](std::string n) { return replaced(n, "blocks.2.", "blocks.5."); }), false);
  expect_all_matched(renamed([](std::string n) { return "_orig_mod.model." + replaced(n, "blocks.2.", "blocks.5."); }), false);
}

TEST(WeightNames, SkippedBlocksShiftTheNumbers) {
  auto const names = checkpoint::match_weight_names(network, renamed([](std::string n) { return replaced(n, "blocks.2.", "blocks.11."); }));
  auto const found =
      std::find_if(names.matched.begin(), names.matched.end(), [](auto const& pair) { return pair.from.starts_with("blocks.11."); });
  ASSERT_NE(found, names.matched.end());
  EXPECT_EQ(found->to, "blocks.2.mobile_inverted_conv.depth_conv.conv.conv.weight");
}

TEST(WeightNames, CountersAndRangesAreIgnored) {
  auto checkpoint = network;
  checkpoint["first_conv.bn.num_batches_tracked"] = {};
  checkpoint["first_conv.conv.activation_range"] = {1};
  checkpoint["n_averaged"] = {};
  checkpoint["blocks.7.mobile_inverted_conv.depth_conv.conv.weight_range"] = {1};
  auto const names = checkpoint::match_weight_names(network, checkpoint);
  EXPECT_TRUE(names.fits());
  EXPECT_TRUE(names.is_native());
  EXPECT_EQ(names.ignored.size(), 4u);
}

TEST(WeightNames, ListsEveryKeyThatDoesNotFit) {
  auto checkpoint = network;
  checkpoint.erase("classifier.linear.bias");
  checkpoint.erase("blocks.1.mobile_inverted_conv.depth_conv.conv.7to5_matrix");
  checkpoint["classifier.linear.weight"] = {11, 8};
  checkpoint["stranger"] = {1};
  checkpoint["blocks.0.mobile_inverted_conv.depth_conv.bn.bn.weight"] = {8};  // the same weight again, spelt otherwise
  auto const names = checkpoint::match_weight_names(network, checkpoint);
  EXPECT_FALSE(names.fits());
  EXPECT_EQ(names.matched.size(), network.size() - 3);
  try {
    checkpoint::require_fit(names, "f.pth");
    FAIL() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_STREQ(e.what(),
                 "f.pth: keys do not match this space and network; 2 missing: blocks.1.mobile_inverted_conv.depth_conv.conv.7to5_matrix, "
                 "classifier.linear.bias; 2 unexpected: blocks.0.mobile_inverted_conv.depth_conv.bn.bn.weight, stranger; "
                 "1 mis-shaped: classifier.linear.weight [11, 8], not [10, 8]");
  }
}

}  // namespace
