#include "common/space/net_config.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_model.hpp"
#include "common/space/encoding.hpp"
#include "common/space/subnet_json.hpp"
#include "support/net_config_sample.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

// Spaces made from net configs, and what follows from them: sizes, genes, costs.
namespace {
using namespace apq;

std::string sample_with(std::string const& from, std::string const& to) {
  auto text = test::net_config_sample();
  auto const at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

std::string error_of(std::string const& json) {
  try {
    space::space_file_of(json, "n.json");
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    return e.what();
  }
  return "no error";
}

space::SearchSpace sample_space() { return space::parse_space(space::space_file_of(test::net_config_sample(), "n.json"), "n.yaml"); }

TEST(NetConfig, BecomesTheSpaceAroundTheTrainedNet) {
  auto const space = sample_space();
  EXPECT_EQ(space.name, "n");
  EXPECT_EQ(space.image_size, 22);
  EXPECT_EQ(space.num_classes, 10);
  EXPECT_EQ(space.bn_epsilon, 1e-5);
  EXPECT_EQ(space.kernel_transform, space::KernelTransform::crop);
  EXPECT_FALSE(space.has_feature_mix());
  EXPECT_EQ(space.feature_width(), 24);
  ASSERT_EQ(space.num_stages(), 2);
  ASSERT_EQ(space.num_blocks(), 5) << "the skipped block is none";
  EXPECT_EQ(space.stages[0].depths, (std::vector{1, 2, 3}));
  EXPECT_EQ(space.stages[1].depths, (std::vector{2})) << "without a shortcut a block cannot be left out";
  EXPECT_EQ(space.blocks[0].kernels, (std::vector{3, 5, 7}));
  EXPECT_EQ(space.blocks[0].middle_channels, (std::vector{16, 24, 32}));
  EXPECT_EQ(space.blocks[1].middle_channels, (std::vector{24, 32, 40, 48})) << "mid_channels null: 16 x 3";
  EXPECT_EQ(space.blocks[2].middle_channels, (std::vector{24, 32, 40})) << "mid_channels wins over expand_ratio";
  EXPECT_EQ(space.blocks[0].in_size, 11);
  EXPECT_EQ(space.blocks[4].in_size, 6) << "odd sizes round up: 11 at stride 2";
  EXPECT_FALSE(space.blocks[0].has_shortcut());
  EXPECT_TRUE(space.blocks[1].has_shortcut());
  EXPECT_FALSE(space.blocks[4].has_shortcut());
}

TEST(NetConfig, SizeGenesAndSubnetsFollow) {
  auto const space = sample_space();
  // Stage 0: 3 kernels x 3 widths, then 2 x 4, then 1 x 3; stage 1: 4 widths (24..48) in both blocks.
  double const stage0 = 9 + 9 * 8 + 9 * 8 * 3;
  double const joint0 = 9 * 81 + 9 * 8 * 81 * 81.0 + 9 * 8 * 3 * 81 * 81 * 81.0;
  EXPECT_EQ(count(space).architectures, stage0 * 16);
  EXPECT_EQ(count(space).joint, joint0 * 16 * 81 * 81);
  EXPECT_EQ(space.num_genes(), 2 * 5 + 2 + 4 * 5);
  EXPECT_EQ(space::Encoding(space).architecture_size(), (3 + 2 + 1 + 1 + 1) + (3 + 4 + 3 + 4 + 4));
  RandomStream random(1, "test.net_config");
  for (int i = 0; i < 50; ++i) {
    auto const genes = space::random_genes(space, random, i % 2 == 0);
    auto const json = space::to_json(space, space::subnet_of(space, genes));
    EXPECT_EQ(space::genes_of(space, space::subnet_from_json(space, json, "s")), genes);
  }
}

TEST(NetConfig, ReadsBackToTheSameSpaceFromAnyForm) {
  test::TempDir const dir;
  auto const json = test::net_config_sample();
  replace_file(dir / "n.json", json);
  replace_file(dir / "n.yaml", space::space_file_of(json, "n.json"));
  EXPECT_EQ(space::load_space(dir / "n.json").hash, space::load_space(dir / "n.yaml").hash);
  EXPECT_TRUE(space::is_net_config(json));
  EXPECT_FALSE(space::is_net_config(read_file(dir / "n.yaml")));
}

TEST(NetConfig, EveryPartOfTheFormatCountsInTheHash) {
  auto const hash = sample_space().hash;
  auto hash_of = [](std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return space::parse_space(text.replace(at, from.size(), to), "n.yaml").hash;
  };
  auto const yaml = space::space_file_of(test::net_config_sample(), "n.json");
  EXPECT_NE(hash_of(yaml, "kernel_transform: crop", "kernel_transform: learned"), hash);
  EXPECT_NE(hash_of(yaml, "feature_mix: none", "feature_mix: {width: 24}"), hash);
  EXPECT_NE(hash_of(yaml, ", shortcut: false", ""), hash);
  EXPECT_EQ(hash_of(yaml, "}  # blocks.1 of", ", shortcut: false}  # blocks.1 of"), hash) << "it has none anyway";
}

TEST(NetConfig, OldSpacesKeepTheirHashes) {
  auto const dir = test::source_dir() / "configs/spaces";
  EXPECT_EQ(space::load_space(dir / "apq_imagenet.yaml").hash, "d0764120eccfdacf4530f82e55f8e9383e475255b27581894dbb019a8009e14b");
  EXPECT_EQ(space::load_space(dir / "fashion_mnist.yaml").hash, "4bb7bb1b70440737d13b0f36a73fab2bff303786a3925e96228e3d0d1e0f2263");
}

TEST(NetConfig, CostIsThatOfTheNet) {
  auto const space = sample_space();
  auto subnet = space::largest_subnet(space);
  cost::CostModel const complete(space, {.basis = cost::Basis::complete});
  auto const cost = complete(space::genes_of(space, subnet));
  // Stem 3 -> 8 at 11, first block, then blocks at 11 -> 6, 6, 6, 6, 6; classifier 24 -> 10.
  double const macs = 121 * 27 * 8 + 121 * 8 * 9 + 121 * 8 * 8 + (121 * 8 * 32 + 36 * 32 * 49 + 36 * 32 * 16) + 36 * 48 * (16 + 25 + 16) +
                      36 * 40 * (16 + 9 + 16) + 36 * 48 * (16 + 9 + 24) + 36 * 48 * (24 + 9 + 24) + 240;
  EXPECT_EQ(cost.macs, macs);
  subnet.bits = space::uniform_bits(space, 8, 8);
  auto const quantised = complete(space::genes_of(space, subnet));
  EXPECT_EQ(quantised.bitops, macs * 64);
  cost::CostModel const paper(space, {});
  EXPECT_LT(paper.fixed(true).latency_ms, complete.fixed(true).latency_ms);
  EXPECT_GT(paper(space::genes_of(space, subnet)).latency_ms, paper.fixed(true).latency_ms);
}

TEST(NetConfig, WhatASpaceCannotExpressIsRefusedByItsPlace) {
  auto says = [](std::string const& from, std::string const& to, std::string const& expected) {
    EXPECT_EQ(error_of(sample_with(from, to)).find(expected), 0u) << error_of(sample_with(from, to));
  };
  says("\"use_se\": false", "\"use_se\": true", "n.json: blocks[0].mobile_inverted_conv.use_se: = true; a space holds");
  says("\"act_func\": \"relu6\"}", "\"act_func\": \"h_swish\"}", "n.json: first_conv.act_func: = \"h_swish\"");
  says("\"kernel_size\": 7", "\"kernel_size\": 6", "n.json: blocks[1].mobile_inverted_conv.kernel_size: = 6 is even");
  says("\"kernel_size\": 7", "\"kernel_size\": 1e99", "n.json: blocks[1].mobile_inverted_conv.kernel_size: = 1e+99 must be");
  says("\"mid_channels\": 32", "\"mid_channels\": [32]", "n.json: blocks[1].mobile_inverted_conv.mid_channels: is array");
  says("\"in_channels\": 24", "\"in_channels\": 23", "n.json: blocks[6].mobile_inverted_conv.in_channels: = 23, but 24 come in");
  says("\"in_features\": 24", "\"in_features\": 25", "n.json: classifier.in_features: = 25, but 24 come in");
  says("\"expand_ratio\": 1", "\"expand_ratio\": 2", "n.json: blocks[0]: expands");
  says("\"expand_ratio\": 4", "\"expand_ratio\": 1",
       "n.json: blocks[1].mobile_inverted_conv.expand_ratio: = 1: a block without an expanding");
  says("{\"name\": \"IdentityLayer\", \"in_channels\": 16},\n     \"mobile", "null, \"mobile", "n.json: blocks[3]: has neither");
  says("\"feature_mix_layer\": null", "\"final_expand_layer\": {\"name\": \"ConvLayer\"}", "n.json: final_expand_layer: is a layer");
  says("\"resolution\": 22", "\"resolution\": 0", "n.json: resolution: = 0 must be");
  says("\"shortcut\": null, \"mobile_inverted_conv\": {\"name\": \"MBInvertedConvLayer\", \"in_channels\": 16",
       "\"shortcut\": {\"name\": \"IdentityLayer\"}, \"mobile_inverted_conv\": {\"name\": \"MBInvertedConvLayer\", \"in_channels\": 16",
       "n.json: blocks[5].mobile_inverted_conv: has an identity shortcut around 16 -> 24");
  EXPECT_EQ(error_of("{").find("n.json:1: is not valid JSON"), 0u);
  EXPECT_NE(error_of("[]").find("not an object"), std::string::npos);
  EXPECT_NE(error_of(std::string(100'000, '[')).find("nested too deeply"), std::string::npos);
}

TEST(NetConfig, TheReleasedNetsHaveTheirKnownCosts) {
  APQ_REQUIRE_DATA(data);
  struct Known {
    char const* name;
    int size, blocks;
    double macs, params;
  };
  // Counted from the JSON by an independent script.
  for (auto const& known : {Known{"mcunet-320kb-1mb", 176, 17, 81785520, 737408}, Known{"mcunet-256kb-1mb", 160, 17, 67287200, 729392},
                            Known{"proxyless-w0.3-r176", 176, 19, 38282216, 754280}}) {
    SCOPED_TRACE(known.name);
    auto const file = data / "weights" / (std::string(known.name) + "_imagenet.json");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
    auto const space = space::load_space(file);
    EXPECT_EQ(space.image_size, known.size);
    EXPECT_EQ(space.num_blocks(), known.blocks);
    auto const cost = cost::CostModel(space, {})(space::genes_of(space, space::largest_subnet(space)));
    EXPECT_EQ(cost.macs, known.macs);
    EXPECT_EQ(cost.params, known.params);
  }
}

}  // namespace
