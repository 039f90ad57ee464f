#pragma once

#include "search/release_slips.hpp"

namespace apq::search {

/// Defaults of the paper (APQ spec A9).
struct EvolutionConfig {
  int population = 100;      ///< individuals of the first generation
  int parents = 25;          ///< the best so many of a generation survive and have children
  int mutants = 50;          ///< children per generation made by mutation
  int crossovers = 50;       ///< and by crossover
  int generations = 500;     ///< after the first one
  double mutation_rate = 0;  ///< per gene; 0: three changes are expected per child
  ReleaseSlips slips;
};

}  // namespace apq::search
