#include "search/measured_fitness.hpp"

namespace apq::search {

void MeasuredFitness::evaluate(space::GeneRows const& genes, std::span<double> out) {
  for (std::size_t i = 0; i < genes.size(); ++i) {
    auto const label = evaluator_.evaluate(space::subnet_of(space_, genes[i]), 0);
    out[i] = static_cast<double>(label.correct) / label.total;
  }
}

}  // namespace apq::search
