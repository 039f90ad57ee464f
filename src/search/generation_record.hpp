#pragma once

#include <cstdint>

namespace apq::search {

/// How far a search has come.
struct GenerationRecord {
  int generation;               ///< 0: the initial population
  double best, mean, worst;     ///< fitness of the population, all of which meets the limits
  std::uint64_t num_evaluated;  ///< distinct subnets scored so far in the whole search
};

}  // namespace apq::search
