#include "common/space/subnet.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/space/encoding.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;
using namespace apq::space;

class SubnetOf : public testing::TestWithParam<char const*> {
 protected:
  SearchSpace const space_ = load_space(test::source_dir() / "configs/spaces" / GetParam());
};
INSTANTIATE_TEST_SUITE_P(Spaces, SubnetOf, testing::Values("apq_imagenet.yaml", "fashion_mnist.yaml"));

/// A block that is always active and offers kernels 3, 5 and 7 in both spaces.
constexpr int wide_block = 4;

template <class F>
void for_random_genes(SearchSpace const& space, int num, F const& check) {
  for (bool quantised : {false, true})
    for (int i = 0; i < num; ++i) {
      RandomStream random(11, "test", static_cast<std::uint64_t>(i));
      check(random_genes(space, random, quantised), random);
    }
}

TEST_P(SubnetOf, RandomGenesAreValidAndRoundTrip) {
  for_random_genes(space_, 300, [&](Genes const& genes, RandomStream&) {
    ASSERT_TRUE(is_valid(space_, genes));
    ASSERT_EQ(genes_of(space_, subnet_of(space_, genes)), genes);
  });
}

TEST_P(SubnetOf, CanonicaliseIsIdempotentAndIgnoresInactiveGenes) {
  for_random_genes(space_, 100, [&](Genes const& genes, RandomStream& random) {
    Genes noisy = genes;
    int const bytes_per_block = genes.size() == static_cast<std::size_t>(space_.num_genes()) ? 2 + num_roles : 2;
    GeneLayout const layout(space_);
    for (int b = 0; b < space_.num_blocks(); ++b)
      if (!is_active(space_, genes, b))
        for (int g = 0; g < bytes_per_block; ++g) {
          int const at = g == 0 ? layout.kernel(b) : g == 1 ? layout.middle(b) : layout.bits(static_cast<Role>(g - 2), b);
          noisy[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(1 + random.below(2));
        }
    ASSERT_EQ(is_valid(space_, noisy), noisy == genes);
    canonicalise(space_, noisy);
    ASSERT_EQ(noisy, genes);
    canonicalise(space_, noisy);
    ASSERT_EQ(noisy, genes);
  });
}

TEST_P(SubnetOf, ValuesOfInactiveBlocksDoNotCount) {
  auto subnet = smallest_subnet(space_);
  subnet.bits = uniform_bits(space_, 8, 8);
  auto const genes = genes_of(space_, subnet);
  auto const last = static_cast<std::size_t>(space_.stages[0].num_blocks - 1);
  subnet.kernels[last] = 99;
  subnet.middle_channels[last] = -1;
  (*subnet.bits)[0][last] = 0;
  EXPECT_EQ(genes_of(space_, subnet), genes);
}

TEST_P(SubnetOf, EncodingHasOneOneForEveryActiveGene) {
  Encoding const encoding(space_);
  for_random_genes(space_, 100, [&](Genes const& genes, RandomStream&) {
    bool const quantised = genes.size() == static_cast<std::size_t>(space_.num_genes());
    int active = 0;
    for (int b = 0; b < space_.num_blocks(); ++b) active += is_active(space_, genes, b);
    auto const ones = encoding.ones(genes);
    ASSERT_EQ(ones.size(), static_cast<std::size_t>(active * (quantised ? 2 + num_roles : 2)));
    ASSERT_TRUE(std::is_sorted(ones.begin(), ones.end()));
    ASSERT_EQ(std::set<int>(ones.begin(), ones.end()).size(), ones.size());
    ASSERT_GE(ones.front(), 0);
    ASSERT_LT(ones.back(), quantised ? encoding.full_size() : encoding.architecture_size());
  });
  EXPECT_THROW(encoding.ones(Genes(3)), Error);
}

TEST_P(SubnetOf, RandomGenesAreAFunctionOfTheStream) {
  auto draw = [&](std::uint64_t index) {
    RandomStream random(5, "collect.fp", index);
    return random_genes(space_, random, true);
  };
  EXPECT_EQ(draw(3), draw(3));
  EXPECT_NE(draw(3), draw(4));
}

TEST_P(SubnetOf, DrawsAreUniformOverWhatIsAllowed) {
  // Chi-square of one block's genes against uniform; 99.9 % quantiles of 2 degrees of
  // freedom: 13.8.
  std::map<int, int> kernels, bits_at_large_kernel;
  int const num = 6000;
  int large = 0;
  GeneLayout const layout(space_);
  for (int i = 0; i < num; ++i) {
    RandomStream random(17, "uniform", static_cast<std::uint64_t>(i));
    auto const genes = random_genes(space_, random, true);
    auto const kernel = genes[static_cast<std::size_t>(layout.kernel(wide_block))];
    ++kernels[kernel];
    if (kernel != 3) continue;  // kernel 7
    ++large;
    ++bits_at_large_kernel[genes[static_cast<std::size_t>(layout.bits(Role::dw_a, wide_block))]];
  }
  auto chi_square = [](std::map<int, int> const& counts, int total) {
    double const expected = static_cast<double>(total) / static_cast<double>(counts.size());
    double sum = 0;
    for (auto const& [value, count] : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
  };
  ASSERT_EQ(kernels.size(), 3u);
  EXPECT_LT(chi_square(kernels, num), 13.8);
  ASSERT_EQ(bits_at_large_kernel.size(), 2u);
  EXPECT_EQ(bits_at_large_kernel.count(1), 0u) << "4 bits are forbidden there";
  EXPECT_LT(chi_square(bits_at_large_kernel, large), 13.8);
}

TEST_P(SubnetOf, HashTellsSubnetsAndSpacesApart) {
  std::set<std::string> hashes;
  std::set<std::string> distinct;
  for_random_genes(space_, 100, [&](Genes const& genes, RandomStream&) {
    distinct.insert(std::string(genes.begin(), genes.end()));
    hashes.insert(hash_of(space_, genes));
  });
  EXPECT_EQ(hashes.size(), distinct.size());
  auto other = space_;
  other.hash[0] = other.hash[0] == '0' ? '1' : '0';
  auto const genes = genes_of(space_, largest_subnet(space_));
  EXPECT_NE(hash_of(other, genes), hash_of(space_, genes));
}

TEST_P(SubnetOf, ExtremesBoundTheSpace) {
  auto const smallest = smallest_subnet(space_);
  auto const largest = largest_subnet(space_);
  EXPECT_TRUE(is_valid(space_, genes_of(space_, smallest)));
  EXPECT_TRUE(is_valid(space_, genes_of(space_, largest)));
  for (std::size_t s = 0; s < space_.stages.size(); ++s) {
    EXPECT_EQ(smallest.depths[s], space_.stages[s].depths.front());
    EXPECT_EQ(largest.depths[s], space_.stages[s].depths.back());
  }
}

TEST_P(SubnetOf, RefusalsNameBlockAndChoices) {
  auto message = [&](Subnet const& subnet) -> std::string {
    try {
      genes_of(space_, subnet);
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      return e.what();
    }
    return "no error";
  };
  auto subnet = smallest_subnet(space_);
  subnet.kernels[wide_block] = 4;
  EXPECT_EQ(message(subnet), "block 4: ks = 4 is not in the space; allowed: 3, 5, 7");
  subnet = smallest_subnet(space_);
  subnet.depths[0] = 9;
  EXPECT_EQ(message(subnet).substr(0, 38), "stage 0: d = 9 is not in the space; al");
  subnet = smallest_subnet(space_);
  subnet.kernels.pop_back();
  EXPECT_NE(message(subnet).find("ks has"), std::string::npos);
  subnet = smallest_subnet(space_);
  subnet.kernels[wide_block] = 7;
  subnet.bits = uniform_bits(space_, 8, 4);
  EXPECT_EQ(message(subnet), "block 4: kernel 7 with 4-bit dw_a is forbidden in this space");
  subnet.bits = uniform_bits(space_, 4, 8);
  (*subnet.bits)[1][wide_block] = 5;
  EXPECT_EQ(message(subnet), "block 4: pw_a_bits = 5 is not in the space; allowed: 4, 6, 8");
  EXPECT_THROW(uniform_bits(space_, 5, 8), Error);
}

TEST_P(SubnetOf, BadBytesAreInvalidAndRefused) {
  RandomStream random(1, "bad");
  auto const good = random_genes(space_, random, true);
  EXPECT_FALSE(is_valid(space_, Genes(7)));
  EXPECT_THROW(subnet_of(space_, Genes(7)), Error);
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = 255;
    EXPECT_FALSE(is_valid(space_, bad)) << at;
    EXPECT_THROW(subnet_of(space_, bad), Error) << at;
  }
  auto no_depth = good;
  no_depth[static_cast<std::size_t>(GeneLayout(space_).depth(0))] = 0;
  EXPECT_FALSE(is_valid(space_, no_depth));
}

}  // namespace
