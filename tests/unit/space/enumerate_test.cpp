#include "common/space/enumerate.hpp"

#include <set>

#include <gtest/gtest.h>

#include "support/tiny_space.hpp"

namespace {

using namespace apq;

TEST(Enumerate, EverySubnetOnceAndAsManyAsCounted) {
  for (auto const& space : {test::tiny_space(), test::few_hundred_subnets()})
    for (bool quantised : {false, true}) {
      std::set<space::Genes> seen;
      double visits = 0;
      space::for_each_subnet(space, quantised, [&](std::span<std::uint8_t const> genes) {
        ++visits;
        EXPECT_TRUE(space::is_valid(space, genes));
        seen.insert(space::Genes(genes.begin(), genes.end()));
      });
      auto const size = space::count(space);
      EXPECT_EQ(visits, quantised ? size.joint : size.architectures);
      EXPECT_EQ(static_cast<double>(seen.size()), visits);
    }
}

}  // namespace
