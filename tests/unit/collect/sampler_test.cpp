#include "collect/sampler.hpp"

#include <set>

#include <gtest/gtest.h>

#include "support/shared_data.hpp"

namespace {

using namespace apq;

space::SearchSpace small_space() { return space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml"); }

TEST(Sampler, IsAPureFunctionOfSeedStageAndIndex) {
  auto const space = small_space();
  for (std::uint64_t i : {5u, 0u, 99u, 5u}) EXPECT_EQ(collect::sample(space, 1, "fp", i), collect::sample(space, 1, "fp", i));
  EXPECT_NE(collect::sample(space, 1, "fp", 0), collect::sample(space, 2, "fp", 0));
  EXPECT_NE(collect::sample(space, 1, "fp", 0), collect::sample(space, 1, "fp", 1));
}

TEST(Sampler, SamplesAreValidAndQuantisedOnesHaveBits) {
  auto const space = small_space();
  for (std::uint64_t i = 0; i < 200; ++i) {
    auto const fp = collect::sample(space, 7, "fp", i);
    auto const quant = collect::sample(space, 7, "quant", i, 3);
    EXPECT_TRUE(space::is_valid(space, fp));
    EXPECT_TRUE(space::is_valid(space, quant));
    EXPECT_EQ(fp.size(), static_cast<std::size_t>(space.num_architecture_genes()));
    EXPECT_EQ(quant.size(), static_cast<std::size_t>(space.num_genes()));
  }
}

TEST(Sampler, ConsecutivePoliciesShareAnArchitecture) {
  auto const space = small_space();
  auto const genes = static_cast<std::size_t>(space.num_architecture_genes());
  for (std::uint64_t group = 0; group < 20; ++group) {
    std::set<space::Genes> architectures, whole;
    for (std::uint64_t k = 0; k < 5; ++k) {
      auto const sample = collect::sample(space, 7, "quant", group * 5 + k, 5);
      whole.insert(sample);
      architectures.insert(space::Genes(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(genes)));
    }
    EXPECT_EQ(architectures.size(), 1u);
    EXPECT_EQ(whole.size(), 5u);
  }
}

}  // namespace
