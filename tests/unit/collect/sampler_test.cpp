#include "collect/sampler.hpp"

#include <chrono>
#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "support/shared_data.hpp"
#include "support/tiny_space.hpp"

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

TEST(Samples, AFirstDrawThatIsNoRepeatStays) {
  auto const space = small_space();
  for (std::string const stage : {"fp", "quant"}) {
    collect::Samples const samples(space, 1, stage, 1, 3000);
    std::set<space::Genes> seen;
    std::size_t redrawn = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      RandomStream random(1, "collect." + stage, i);
      auto const drawn = space::random_genes(space, random, stage == "quant");
      if (seen.contains(drawn)) ++redrawn;
      else EXPECT_EQ(samples.genes(i), drawn) << stage << i;
      EXPECT_TRUE(seen.insert(samples.genes(i)).second);
    }
    // The quickstart's 700 and 300 samples hold no repeat; the first of stage fp is sample 789.
    EXPECT_EQ(redrawn > 0, stage == "fp");
  }
}

TEST(Samples, AreDistinctAndWhatTheyAreDoesNotDependOnHowMany) {
  auto const few = test::few_hundred_subnets();
  for (std::string const stage : {"fp", "quant"})
    for (int policies : {1, 3, 10}) {
      collect::Samples const all(few, 11, stage, policies, 1'000'000);
      auto const size = space::count(few);
      EXPECT_EQ(static_cast<double>(all.size()), stage == "fp" ? size.architectures : size.joint);
      std::set<space::Genes> seen;
      for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_TRUE(space::is_valid(few, all[i]));
        seen.insert(all.genes(i));
      }
      EXPECT_EQ(seen.size(), all.size());
      for (std::uint64_t count : {0u, 1u, 7u, 64u, 150u}) {
        collect::Samples const some(few, 11, stage, policies, count);
        ASSERT_EQ(some.size(), std::min<std::size_t>(count, all.size()));
        for (std::size_t i = 0; i < some.size(); ++i) EXPECT_EQ(some.genes(i), all.genes(i)) << stage << policies << ' ' << i;
      }
    }
}

TEST(Samples, ASmallSpaceIsGoneThroughOnce) {
  auto const tiny = test::tiny_space();
  EXPECT_EQ(collect::num_samples(tiny, "fp", 120), 16u);
  EXPECT_EQ(collect::num_samples(tiny, "quant", 15), 15u);
  EXPECT_EQ(collect::Samples(tiny, 1, "fp", 1, 120).size(), 16u);
  EXPECT_EQ(collect::Samples(tiny, 1, "quant", 10, 120).size(), 16u);
  EXPECT_THROW(collect::sample(tiny, 1, "fp", 16), Error);
}

TEST(Samples, OfALargeSpaceComeFast) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "sanitizers make everything slow";
#endif
  auto const space = small_space();
  auto const start = std::chrono::steady_clock::now();
  EXPECT_EQ(collect::Samples(space, 1, "fp", 1, 80'000).size(), 80'000u);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 5.0);  // 0.2 on an idle core
}

}  // namespace
