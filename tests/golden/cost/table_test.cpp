// Cost parity with the released code on its own latency and energy table.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/cost/cost_model.hpp"
#include "common/space/subnet_json.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;

space::SearchSpace imagenet() { return space::load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml"); }

TEST(GoldenCost, LatencyAndEnergyOfEveryCase) {
  APQ_REQUIRE_GOLDEN(golden);
  APQ_REQUIRE_DATA(data);
  auto const space = imagenet();
  cost::CostModel const model(space, {.table = data / "tables/bitfusion_lut_b1.json"});
  auto const file = nlohmann::json::parse(read_file(golden / "apq_cases.json"));
  ASSERT_FALSE(file.at("cases").empty());
  int index = 0;
  for (auto const& item : file.at("cases")) {
    SCOPED_TRACE(index++);
    auto const subnet = space::subnet_from_json(space, item.at("arch"), "case");
    auto const cost = model(space::genes_of(space, subnet));
    auto const latency = item.at("latency_ms").get<double>();
    auto const energy = item.at("energy_mj").get<double>();
    EXPECT_NEAR(cost.latency_ms, latency, 1e-9 * latency);
    EXPECT_NEAR(cost.energy_mj, energy, 1e-9 * energy);
  }
}

TEST(GoldenCost, UniformNetworks) {
  APQ_REQUIRE_DATA(data);
  auto const space = imagenet();
  cost::CostModel const model(space, {.table = data / "tables/bitfusion_lut_b1.json"});
  struct Case {
    int ratio, kernel, depth, weight_bits, activation_bits;
    double latency_ms, energy_mj;
  };
  for (auto const& c : {Case{4, 3, 2, 4, 4, 2.959, 5.107}, Case{4, 3, 2, 8, 8, 4.665, 6.644}, Case{6, 3, 4, 4, 4, 7.379, 12.853},
                        Case{6, 3, 4, 8, 8, 12.861, 17.582}, Case{5, 5, 3, 4, 4, 6.938, 11.085}, Case{5, 5, 3, 6, 6, 16.401, 17.297},
                        Case{5, 5, 3, 8, 8, 16.549, 18.725}, Case{6, 7, 4, 8, 8, 46.792, 40.685}, Case{6, 7, 4, 4, 6, 25.638, 27.753}}) {
    auto subnet = space::smallest_subnet(space);
    for (std::size_t b = 0; b < space.blocks.size(); ++b) {
      subnet.kernels[b] = c.kernel;
      subnet.middle_channels[b] = space.blocks[b].in_channels * c.ratio;
    }
    for (std::size_t s = 0; s + 1 < space.stages.size(); ++s) subnet.depths[s] = c.depth;
    subnet.bits = space::uniform_bits(space, c.weight_bits, c.activation_bits);
    auto const cost = model(space::genes_of(space, subnet));
    EXPECT_NEAR(cost.latency_ms, c.latency_ms, 0.0005);
    EXPECT_NEAR(cost.energy_mj, c.energy_mj, 0.0005);
  }
}

}  // namespace
