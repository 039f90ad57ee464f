#include "common/cost/cost_model.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/cost/bitfusion.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;
using namespace apq::cost;
using space::Role;

space::Subnet uniform(space::SearchSpace const& space, int ratio, int kernel, int depth) {
  auto subnet = space::smallest_subnet(space);
  for (std::size_t b = 0; b < space.blocks.size(); ++b) {
    subnet.kernels[b] = kernel;
    subnet.middle_channels[b] = space.blocks[b].in_channels * ratio;
  }
  for (std::size_t s = 0; s + 1 < space.stages.size(); ++s) subnet.depths[s] = depth;
  return subnet;
}

class CostOfSubnets : public testing::Test {
 protected:
  space::SearchSpace const space_ = space::load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml");
  CostModel const paper_{space_, {}};
  CostModel const complete_{space_, {.basis = Basis::complete}};
};

TEST_F(CostOfSubnets, MacsOfUniformNetworks) {
  struct Case {
    int ratio, kernel, depth;
    double macs;
  };
  for (auto const& c : {Case{4, 3, 2, 191'472'128}, Case{5, 5, 3, 347'450'496}, Case{6, 3, 4, 472'620'800}, Case{6, 5, 4, 526'208'768},
                        Case{6, 7, 4, 606'590'720}}) {
    auto const genes = space::genes_of(space_, uniform(space_, c.ratio, c.kernel, c.depth));
    EXPECT_EQ(paper_(genes).macs, c.macs);
    EXPECT_EQ(complete_(genes).macs, c.macs) << "the basis is about latency and energy";
  }
}

TEST_F(CostOfSubnets, CompleteBasisAddsFirstBlockAndClassifier) {
  auto const paper = paper_.fixed(true);
  auto const complete = complete_.fixed(true);
  LayerRun added = run_layer({32, 32, 112, 3, 1, 32}, {8, 8}, {});
  double expected = static_cast<double>(added.cycles);
  expected += static_cast<double>(run_layer({32, 16, 112, 1, 1, 1}, {8, 8}, {}).cycles);
  expected += static_cast<double>(run_layer({1280, 1000, 1, 1, 1, 1}, {8, 8}, {}).cycles);
  EXPECT_NEAR(complete.latency_ms - paper.latency_ms, expected * 2e-6, 1e-12);
  EXPECT_NEAR(complete.latency_ms - paper.latency_ms, 1.18, 0.005);  // spec A10.1
  EXPECT_GT(complete.energy_mj, paper.energy_mj);
  EXPECT_EQ(complete.size_bytes, paper.size_bytes);
  EXPECT_NEAR(paper.latency_ms, (147'952 + 40'804) * 2e-6, 1e-12);
}

TEST_F(CostOfSubnets, CountsOfTheFixedLayers) {
  double const stem = 27 * 32, first_dw = 9 * 32, first_pw = 32 * 16, mix = 320 * 1280, fc = 1280 * 1000;
  double const norms = 2 * (32 + 32 + 16 + 1280), weights = stem + first_dw + first_pw + mix + fc;
  auto const cost = paper_.fixed(true);
  EXPECT_EQ(cost.params, weights + norms + 1000);
  EXPECT_EQ(cost.size_bytes, weights + 4 * (norms + 1000));
  EXPECT_EQ(cost.macs, 112 * 112 * (stem + first_dw + first_pw) + 49 * mix + fc);
  EXPECT_EQ(cost.bitops, 64 * cost.macs);
  auto const full = paper_.fixed(false);
  EXPECT_EQ(full.size_bytes, 4 * full.params);
  EXPECT_EQ(full.bitops, 1024 * full.macs);
  EXPECT_TRUE(std::isnan(full.latency_ms));
}

TEST_F(CostOfSubnets, CountsOfABlock) {
  // Block 0: 16 -> 24 at 112, stride 2.
  auto const cost = paper_.block(0, 5, 80, std::array{4, 6, 8, 4});
  double const expand = 16 * 80, dw = 25 * 80, project = 80 * 24, norms = 2 * (80 + 80 + 24);
  EXPECT_EQ(cost.params, expand + dw + project + norms);
  EXPECT_EQ(cost.macs, 112 * 112 * expand + 56 * 56 * (dw + project));
  EXPECT_EQ(cost.bitops, 24 * (112 * 112 * expand + 56 * 56 * project) + 32 * 56 * 56 * dw);
  EXPECT_EQ(cost.size_bytes, (expand + project) / 2 + dw + 4 * norms);
  auto const cycles = run_layer({16, 80, 112, 1, 1, 1}, {4, 6}, {}).cycles + run_layer({80, 80, 112, 5, 2, 80}, {8, 4}, {}).cycles +
                      run_layer({80, 24, 56, 1, 1, 1}, {4, 6}, {}).cycles;
  EXPECT_NEAR(cost.latency_ms, static_cast<double>(cycles) * 2e-6, 1e-12);
  auto const full = paper_.block(0, 5, 80, std::nullopt);
  EXPECT_EQ(full.macs, cost.macs);
  EXPECT_EQ(full.size_bytes, 4 * cost.params);
  EXPECT_TRUE(std::isnan(full.energy_mj));
}

TEST_F(CostOfSubnets, AWholeIsTheSumOfItsParts) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    RandomStream random(2, "cost", i);
    auto const genes = space::random_genes(space_, random, true);
    auto const subnet = space::subnet_of(space_, genes);
    Cost sum = complete_.fixed(true);
    for (int b = 0; b < space_.num_blocks(); ++b) {
      if (!space::is_active(space_, genes, b)) continue;
      auto const at = static_cast<std::size_t>(b);
      auto const& bits = *subnet.bits;
      sum += complete_.block(b, subnet.kernels[at], subnet.middle_channels[at],
                             std::array{bits[0][at], bits[1][at], bits[2][at], bits[3][at]});
    }
    auto const whole = complete_(genes);
    for (auto const& m : metrics) EXPECT_NEAR(whole.*m.field, sum.*m.field, 1e-12 * (sum.*m.field)) << m.name;
  }
}

void expect_equal(Cost const& a, Cost const& b) {
  for (auto const& m : metrics) EXPECT_EQ(a.*m.field, b.*m.field) << m.name;
}

TEST_F(CostOfSubnets, ASubnetInValuesCostsWhatItsGenesDo) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    RandomStream random(3, "cost", i);
    auto const genes = space::random_genes(space_, random, true);
    expect_equal(paper_(space::subnet_of(space_, genes)), paper_(genes));
  }
  auto const full = space::largest_subnet(space_);
  EXPECT_EQ(paper_(full).bitops, paper_(space::genes_of(space_, full)).bitops);
}

TEST_F(CostOfSubnets, ForbiddenCombinationsHaveACostInValuesOnly) {
  auto subnet = space::largest_subnet(space_);  // kernel 7 everywhere, which the space forbids beside 4-bit activations
  subnet.bits = space::uniform_bits(space_, 4, 4);
  EXPECT_THROW(space::genes_of(space_, subnet), Error);
  auto eight = subnet;
  eight.bits = space::uniform_bits(space_, 8, 8);
  EXPECT_LT(paper_(subnet).bitops, paper_(eight).bitops);
  subnet.kernels[0] = 4;
  EXPECT_THROW(paper_(subnet), Error);
}

TEST_F(CostOfSubnets, FullPrecisionHasNoLatency) {
  auto const cost = paper_(space::genes_of(space_, space::largest_subnet(space_)));
  EXPECT_TRUE(std::isnan(cost.latency_ms));
  EXPECT_TRUE(std::isnan(cost.energy_mj));
  EXPECT_EQ(cost.size_bytes, 4 * cost.params);
}

TEST_F(CostOfSubnets, FewerBitsAreNeverDearer) {
  for (int b = 0; b < space_.num_blocks(); ++b) {
    int const middle = space_.blocks[static_cast<std::size_t>(b)].middle_channels.front();
    auto const eight = paper_.block(b, 3, middle, std::array{8, 8, 8, 8});
    auto const four = paper_.block(b, 3, middle, std::array{4, 4, 4, 4});
    EXPECT_LE(four.latency_ms, eight.latency_ms);
    EXPECT_LT(four.size_bytes, eight.size_bytes);
    EXPECT_LT(four.bitops, eight.bitops);
  }
}

TEST_F(CostOfSubnets, Refusals) {
  EXPECT_THROW(paper_.block(0, 4, 80, std::nullopt), Error);
  EXPECT_THROW(paper_.block(0, 5, 81, std::nullopt), Error);
  EXPECT_THROW(paper_.block(0, 5, 80, std::array{8, 8, 8, 5}), Error);
  EXPECT_THROW(paper_(space::Genes(5)), Error);
  EXPECT_THROW(CostModel(space_, {.table = "/nonexistent.json"}), Error);
  EXPECT_THROW(CostModel(space_, {.hardware = "/nonexistent.yaml"}), Error);
}

TEST(CostConfig, IsReadFromItsSection) {
  auto config = Config::parse("cost: {basis: complete, table: /t.json}", "c.yaml");
  auto const cost = read_cost_config(config.section("cost"));
  config.finish();
  EXPECT_EQ(cost.basis, Basis::complete);
  EXPECT_EQ(cost.table, "/t.json");
  EXPECT_TRUE(cost.hardware.empty());
  auto wrong = Config::parse("cost: {basis: all}", "c.yaml");
  EXPECT_THROW(read_cost_config(wrong.section("cost")), Error);
}

TEST(CostModelOfASmallSpace, Works) {
  auto const space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  CostModel const model(space, {});
  RandomStream random(1, "cost");
  auto const cost = model(space::random_genes(space, random, true));
  EXPECT_GT(cost.latency_ms, 0);
  EXPECT_LT(cost.latency_ms, 10);
  EXPECT_NE(model.description().find("basis paper"), std::string::npos);
}

}  // namespace
