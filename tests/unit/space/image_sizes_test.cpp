#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/error.hpp"
#include "common/space/encoding.hpp"
#include "common/space/subnet_json.hpp"
#include "support/shared_data.hpp"

namespace apq::space {
namespace {

SearchSpace shipped(char const* name) { return load_space(test::source_dir() / "configs/spaces" / name); }

std::vector<int> widths(SearchSpace const& space) {
  std::vector<int> result{space.stem_width, space.first_block_width};
  for (auto const& stage : space.stages) result.push_back(stage.width);
  result.push_back(space.final_expand_width);
  result.push_back(space.feature_mix_width);
  return result;
}

TEST(OfaSpace, WidthsAndStagesAreThoseOfOfa) {
  auto const one = shipped("ofa_mbv3_w1.0.yaml");
  EXPECT_EQ(widths(one), (std::vector<int>{16, 16, 24, 40, 80, 112, 160, 960, 1280}));
  EXPECT_EQ(widths(shipped("ofa_mbv3_w1.2.yaml")), (std::vector<int>{24, 24, 32, 48, 96, 136, 192, 1152, 1536}));
  EXPECT_EQ(one.num_blocks(), 20);
  EXPECT_EQ(one.image_sizes.size(), 25u);
  EXPECT_EQ(one.blocks[0].middle_channels, (std::vector<int>{48, 64, 96}));
  std::vector<bool> excited;
  for (auto const& stage : one.stages) excited.push_back(stage.squeeze_excite);
  EXPECT_EQ(excited, (std::vector<bool>{false, true, false, true, true}));
  EXPECT_EQ(one.stages[1].activation, Activation::relu);
  EXPECT_EQ(one.stages[2].activation, Activation::h_swish);
}

TEST(OfaSpace, GenesEncodingAndSizeHaveTheImageSize) {
  auto const space = shipped("ofa_mbv3_w1.0.yaml");
  EXPECT_EQ(space.num_architecture_genes(), 46);
  EXPECT_EQ(space.num_genes(), 126);
  Encoding const encoding(space);
  EXPECT_EQ(encoding.architecture_size(), 60 + 60 + 25);
  EXPECT_EQ(encoding.full_size(), 145 + 4 * 60);
  // Per stage 9^2 + 9^3 + 9^4 ways, 25 sizes (Cai et al.: over 10^19 architectures at each size).
  EXPECT_DOUBLE_EQ(count(space).architectures, 25 * std::pow(81.0 + 729 + 6561, 5));
  for (bool const quantised : {false, true}) {
    RandomStream random(1, "test");
    auto const genes = random_genes(space, random, quantised);
    EXPECT_TRUE(is_valid(space, genes));
    auto const subnet = subnet_of(space, genes);
    EXPECT_EQ(genes_of(space, subnet), genes);
    EXPECT_EQ(subnet.image_size, image_size_of(space, genes));
    EXPECT_EQ(subnet_from_json(space, to_json(space, subnet), "x"), subnet);
    EXPECT_EQ(subnet_from_json(space, to_release_json(space, subnet), "x"), subnet);
    auto const ones = encoding.ones(genes);
    EXPECT_EQ(std::count_if(ones.begin(), ones.end(), [](int i) { return i >= 120 && i < 145; }), 1);
    EXPECT_TRUE(std::find(ones.begin(), ones.end(), 120 + (subnet.image_size - 128) / 4) != ones.end());
    auto wrong = genes;
    wrong[static_cast<std::size_t>(GeneLayout(space).image_size())] = 26;
    EXPECT_FALSE(is_valid(space, wrong));
  }
}

TEST(OfaSpace, ImageSizeIsRequiredAndChecked) {
  auto const space = shipped("ofa_mbv3_w1.0.yaml");
  auto json = to_json(space, largest_subnet(space));
  EXPECT_EQ(json.at("r"), 224);
  json["r"] = {160};
  EXPECT_EQ(subnet_from_json(space, json, "x").image_size, 160);
  json["r"] = 130;
  EXPECT_THROW(subnet_from_json(space, json, "x"), Error);
  json.erase("r");
  EXPECT_THROW(subnet_from_json(space, json, "x"), Error);
  json["image_size"] = 224;
  EXPECT_EQ(subnet_from_json(space, json, "x"), largest_subnet(space));
}

TEST(OfaSpace, MapsRoundUp) {
  auto const space = shipped("ofa_mbv3_w1.0.yaml");
  auto const sizes = block_input_sizes(space, 132);
  EXPECT_EQ(sizes[0], 66);
  EXPECT_EQ(sizes[1], 33);
  EXPECT_EQ(sizes[5], 17);
  EXPECT_EQ(sizes[19], 5);
}

TEST(OtherSpaces, KeepTheirHashes) {
  EXPECT_EQ(shipped("apq_imagenet.yaml").hash, "d0764120eccfdacf4530f82e55f8e9383e475255b27581894dbb019a8009e14b");
  EXPECT_EQ(shipped("fashion_mnist.yaml").hash, "4bb7bb1b70440737d13b0f36a73fab2bff303786a3925e96228e3d0d1e0f2263");
}

}  // namespace
}  // namespace apq::space
