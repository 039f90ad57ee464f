#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/cost/bitfusion.hpp"
#include "common/cost/cost_model.hpp"
#include "support/shared_data.hpp"

namespace apq::cost {
namespace {

space::SearchSpace shipped(char const* name) { return space::load_space(test::source_dir() / "configs/spaces" / name); }

space::Subnet uniform(space::SearchSpace const& space, int kernel, std::size_t ratio, int depth, int image_size) {
  auto subnet = space::smallest_subnet(space);
  for (std::size_t b = 0; b < space.blocks.size(); ++b) {
    subnet.kernels[b] = kernel;
    subnet.middle_channels[b] = space.blocks[b].middle_channels[ratio];
  }
  subnet.depths.assign(space.stages.size(), depth);
  subnet.image_size = image_size;
  return subnet;
}

/// MACs and parameters of uniform networks, counted layer by layer apart from this code.
TEST(CostOfOfaSpace, MacsAndParametersWithSqueezeExciteAndImageSize) {
  struct Case {
    char const* space;
    int kernel;
    std::size_t ratio;
    int depth, image_size;
    double macs, params;
  };
  for (auto const& c :
       {Case{"ofa_mbv3_w1.0.yaml", 3, 0, 2, 224, 121'278'672, 3'410'792}, Case{"ofa_mbv3_w1.0.yaml", 7, 2, 4, 224, 566'170'656, 7'664'760},
        Case{"ofa_mbv3_w1.0.yaml", 5, 1, 3, 132, 101'600'064, 4'551'792},
        Case{"ofa_mbv3_w1.2.yaml", 7, 2, 4, 224, 843'101'040, 10'701'632}}) {
    auto const space = shipped(c.space);
    auto const cost = CostModel(space, {})(space::genes_of(space, uniform(space, c.kernel, c.ratio, c.depth, c.image_size)));
    EXPECT_EQ(cost.macs, c.macs) << c.image_size;
    EXPECT_EQ(cost.params, c.params) << c.image_size;
  }
}

TEST(CostOfOfaSpace, LatencyFollowsTheImageSizeAndSqueezeExcite) {
  auto space = shipped("ofa_mbv3_w1.0.yaml");
  CostModel const model(space, {});
  auto of = [&](int size) {
    auto subnet = uniform(space, 3, 0, 2, size);
    subnet.bits = space::uniform_bits(space, 8, 8);
    return model(space::genes_of(space, subnet));
  };
  auto const small = of(128), large = of(224);
  EXPECT_GT(large.latency_ms, 1.5 * small.latency_ms);
  EXPECT_EQ(large.params, small.params);
  EXPECT_EQ(large.size_bytes, small.size_bytes);
  // Six units of the smallest network, each two fully connected layers at 8 bit.
  double expected = 0;
  BitFusion accelerator({});
  for (auto const& stage : space.stages)
    for (int p = 0; p < 2 && stage.squeeze_excite; ++p) {
      int const middle = space.blocks[static_cast<std::size_t>(stage.first_block + p)].middle_channels[0];
      int const squeezed = space::squeezed_channels(middle, 8);
      for (auto const& shape : {LayerShape{middle, squeezed, 1, 1, 1, 1}, LayerShape{squeezed, middle, 1, 1, 1, 1}})
        expected += latency_ms(accelerator.run(shape, {8, 8}), accelerator.hardware());
    }
  auto unknown = uniform(space, 3, 0, 2, 129);
  EXPECT_THROW(model(unknown), Error);
  unknown.image_size = 128;
  unknown.bits = space::uniform_bits(space, 8, 8);
  EXPECT_EQ(model(unknown).latency_ms, small.latency_ms);
  for (auto& stage : space.stages) stage.squeeze_excite = false;
  auto subnet = uniform(space, 3, 0, 2, 224);
  subnet.bits = space::uniform_bits(space, 8, 8);
  auto const plain = CostModel(space, {})(space::genes_of(space, subnet));
  EXPECT_NEAR(large.latency_ms - plain.latency_ms, expected, 1e-9);
}

}  // namespace
}  // namespace apq::cost
