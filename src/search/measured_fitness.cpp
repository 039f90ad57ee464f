#include "search/measured_fitness.hpp"

#include "common/mpi/turns.hpp"
#include "evaluate/checked_label.hpp"

namespace apq::search {

void MeasuredFitness::evaluate(space::GeneRows const& genes, std::span<double> out) {
  auto const alone = mpi::Communicator::alone();
  mpi::Turns turns(alone, "search");
  for (std::size_t i = 0; i < genes.size(); ++i) {
    turns.next();
    auto const label = evaluate::checked_label(evaluator_, space_, space::subnet_of(space_, genes[i]), 0, "search, a candidate");
    out[i] = static_cast<double>(label.correct) / label.total;
  }
}

}  // namespace apq::search
