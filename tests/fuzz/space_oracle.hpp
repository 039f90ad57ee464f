#pragma once

#include "common/core/random.hpp"
#include "common/space/read_space.hpp"
#include "common/space/subnet.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {

/// Reads a space file; what is resolved is the same space, and its subnets are theirs in both forms. @throws Error as space::parse_space.
inline space::SearchSpace checked_space(std::string const& yaml) {
  auto config = Config::parse(yaml, "s.yaml");
  auto const space = space::read_space(config);
  auto const again = space::parse_space(config.resolved(), "resolved.yaml");
  require(again.hash == space.hash && again.name == space.name, "what is resolved is another space:\n" + config.resolved());
  for (auto const& subnet : {space::smallest_subnet(space), space::largest_subnet(space)})
    require(space::is_valid(space, space::genes_of(space, subnet)), "an extreme subnet is invalid");
  for (bool const is_quantised : {false, true}) {
    RandomStream random(1, "fuzz.space");
    auto const genes = space::random_genes(space, random, is_quantised);
    require(space::is_valid(space, genes), "a random subnet is invalid");
    require(space::genes_of(space, space::subnet_of(space, genes)) == genes, "genes are those of another subnet");
  }
  return space;
}

}  // namespace apq::fuzz
