#pragma once

#include "evaluate/evaluator.hpp"
#include "search/fitness.hpp"

namespace apq::search {

/// Accuracy as measured on the validation images. Dear: one evaluation a subnet.
class MeasuredFitness : public Fitness {
 public:
  MeasuredFitness(space::SearchSpace const& space, evaluate::Evaluator& evaluator) : space_(space), evaluator_(evaluator) {}
  void evaluate(space::GeneRows const& genes, std::span<double> out) override;
  std::string name() const override { return "measured"; }

 private:
  space::SearchSpace const& space_;
  evaluate::Evaluator& evaluator_;
};

}  // namespace apq::search
