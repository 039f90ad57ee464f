#include "search/variation.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "unit/search/setting.hpp"

namespace {

using namespace apq;
using search::Domain;

space::Genes mutant_of(Domain const& domain, space::Genes const& parent, search::ReleaseSlips const& slips, RandomStream& random) {
  space::Genes child(parent.size());
  search::mutate(domain, parent, 0, slips, random, child);
  return child;
}

space::Genes child_of(Domain const& domain, space::Genes const& first, space::Genes const& second, RandomStream& random) {
  space::Genes child(first.size());
  search::cross(domain, first, second, {}, random, child);
  return child;
}

TEST(Variation, ChildrenAreValidAndDepthMutates) {
  auto const s = search::small();
  Domain const domain(s.space);
  space::GeneLayout const layout(s.space);
  int changed_depth = 0, changed = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    RandomStream random(6, "test.variation", i);
    auto const first = space::random_genes(s.space, random, true);
    auto const second = space::random_genes(s.space, random, true);
    auto const mutant = mutant_of(domain, first, {}, random);
    auto const child = child_of(domain, first, second, random);
    EXPECT_TRUE(space::is_valid(s.space, mutant));
    EXPECT_TRUE(space::is_valid(s.space, child));
    changed += mutant != first;
    for (int stage = 0; stage < s.space.num_stages(); ++stage) {
      auto const depth = static_cast<std::size_t>(layout.depth(stage));
      changed_depth += mutant[depth] != first[depth];
      EXPECT_TRUE(child[depth] == first[depth] || child[depth] == second[depth]);
    }
  }
  EXPECT_GT(changed, 400);
  EXPECT_GT(changed_depth, 20);
}

TEST(Variation, ImageSizesAreDrawnMutatedAndInherited) {
  auto const s = search::tiny(search::three_sizes);
  Domain const domain(s.space);
  auto const size = static_cast<std::size_t>(domain.layout().image_size());
  std::set<int> drawn, mutated;
  bool takes_second = false;
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(7, "test.sizes", i);
    space::Genes first(static_cast<std::size_t>(s.space.num_genes())), second(first.size());
    search::draw(domain, random, first);
    search::draw(domain, random, second);
    ASSERT_TRUE(space::is_valid(s.space, first));
    auto const mutant = mutant_of(domain, first, {}, random);
    auto const child = child_of(domain, first, second, random);
    EXPECT_TRUE(space::is_valid(s.space, mutant));
    EXPECT_TRUE(space::is_valid(s.space, child));
    EXPECT_TRUE(child[size] == first[size] || child[size] == second[size]);
    drawn.insert(first[size]);
    if (first[size] == 1) mutated.insert(mutant[size]);
    takes_second |= child[size] == second[size] && first[size] != second[size];
  }
  EXPECT_EQ(drawn, (std::set{1, 2, 3}));
  EXPECT_EQ(mutated, (std::set{1, 2, 3}));
  EXPECT_TRUE(takes_second);
}

// Three changes are expected among the genes that can change, each as likely as the others.
TEST(Variation, MutationChangesEveryGeneAboutEquallyOften) {
  auto const s = search::small();
  Domain const domain(s.space);
  RandomStream start(9, "test.rate");
  auto const parent = space::random_genes(s.space, start, true);
  int num_free = 0;
  for (std::size_t g = 0; g < parent.size(); ++g) num_free += parent[g] != 0 && domain.choices(static_cast<int>(g)).size() > 1;
  constexpr int num_children = 4000;
  double const expected = num_children * 3.0 / num_free;
  std::vector<int> changes(parent.size());
  for (int i = 0; i < num_children; ++i) {
    RandomStream random(9, "test.rate", static_cast<std::uint64_t>(i));
    auto const child = mutant_of(domain, parent, {.frozen_depth = true}, random);
    for (std::size_t g = 0; g < parent.size(); ++g) changes[g] += child[g] != parent[g];
  }
  for (std::size_t g = 0; g < parent.size(); ++g) {
    if (parent[g] == 0 || domain.choices(static_cast<int>(g)).size() < 2 || static_cast<int>(g) >= 2 * s.space.num_blocks()) continue;
    EXPECT_NEAR(changes[g], expected, 6 * std::sqrt(expected)) << "gene " << g;
  }
}

TEST(Variation, TheReleasesMutationLeavesDepthsAlone) {
  auto const s = search::small();
  Domain const domain(s.space);
  space::GeneLayout const layout(s.space);
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(6, "test.slip", i);
    auto const parent = space::random_genes(s.space, random, true);
    auto const mutant = mutant_of(domain, parent, {.frozen_depth = true}, random);
    for (int stage = 0; stage < s.space.num_stages(); ++stage)
      EXPECT_EQ(mutant[static_cast<std::size_t>(layout.depth(stage))], parent[static_cast<std::size_t>(layout.depth(stage))]);
  }
}

}  // namespace
