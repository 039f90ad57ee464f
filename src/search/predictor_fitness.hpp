#pragma once

#include <filesystem>

#include "search/fitness.hpp"
#include "train/accuracy_predictor.hpp"

namespace apq::search {

/// Accuracy by the quantised predictor. Every call is padded to one batch size, so that a subnet's score does not depend on
/// how a generation was split over the ranks.
class PredictorFitness : public Fitness {
 public:
  /// @param blind_to_bits  the release's slip D-1: every bit width is shown to the predictor as the largest.
  PredictorFitness(space::SearchSpace const& space, std::filesystem::path const& predictor, bool blind_to_bits);
  void evaluate(std::span<space::Genes const> genes, std::span<double> out) override;
  std::string name() const override { return "predictor"; }

 private:
  space::Genes shown(space::Genes genes) const;
  space::SearchSpace const& space_;
  train::AccuracyPredictor predictor_;
  bool blind_to_bits_;
};

}  // namespace apq::search
