#include "search/domain.hpp"

#include <gtest/gtest.h>

#include "unit/search/setting.hpp"

namespace {

using namespace apq;
using search::Domain;

TEST(Domain, DrawsValidMembersThatKeepWhatIsFixed) {
  auto const s = search::small();
  Domain domain(s.space);
  RandomStream start(1, "test.domain");
  auto const held = space::random_genes(s.space, start, true);
  int const depth = domain.layout().depth(0);
  domain.fix(depth, held[static_cast<std::size_t>(depth)]);
  ASSERT_EQ(domain.choices(depth).size(), 1u);
  space::Genes genes(held.size());
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(2, "test.domain", i);
    search::draw(domain, random, genes);
    EXPECT_TRUE(space::is_valid(s.space, genes));
    EXPECT_EQ(genes[static_cast<std::size_t>(depth)], held[static_cast<std::size_t>(depth)]);
  }
}

TEST(Domain, AChangedDepthFillsOrEmptiesBlocks) {
  auto const s = search::small();
  Domain const domain(s.space);
  space::Genes genes(static_cast<std::size_t>(s.space.num_genes()));
  for (std::uint64_t i = 0; i < 100; ++i) {
    RandomStream random(3, "test.domain", i);
    search::draw(domain, random, genes);
    for (int stage = 0; stage < s.space.num_stages(); ++stage)
      for (auto const gene : domain.choices(domain.layout().depth(stage))) {
        search::change_depth(domain, stage, gene, genes, random);
        EXPECT_TRUE(space::is_valid(s.space, genes));
        EXPECT_EQ(domain.depth(stage, genes), s.space.stages[static_cast<std::size_t>(stage)].depths[gene - 1u]);
      }
  }
}

TEST(Domain, KnowsWhatTheSpaceForbids) {
  auto const s = search::tiny(search::one_size);  // kernel 5 goes with no 4-bit activations of the depthwise layer
  Domain const domain(s.space);
  EXPECT_TRUE(domain.goes_together(0, 1, space::Role::dw_a, 1));
  EXPECT_FALSE(domain.goes_together(0, 2, space::Role::dw_a, 1));
  EXPECT_TRUE(domain.goes_together(0, 2, space::Role::dw_a, 2));
  EXPECT_TRUE(domain.goes_together(0, 2, space::Role::pw_a, 1));
}

}  // namespace
