#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "search/fitness.hpp"
#include "train/accuracy_predictor.hpp"

namespace apq::search {

/// Accuracy by the quantised predictor.
class PredictorFitness : public Fitness {
 public:
  /// @param blind_to_bits  the release's slip D-1: every bit width is shown to the predictor as the largest.
  PredictorFitness(space::SearchSpace const& space, std::filesystem::path const& predictor, bool blind_to_bits);
  PredictorFitness(space::SearchSpace const& space, train::AccuracyPredictor predictor, bool blind_to_bits)
      : space_(space), predictor_(std::move(predictor)), blind_to_bits_(blind_to_bits) {}
  void evaluate(space::GeneRows const& genes, std::span<double> out) override;
  std::string name() const override { return "predictor"; }

 private:
  std::vector<std::uint8_t> with_largest_bits(space::GeneRows const& genes) const;
  space::SearchSpace const& space_;
  train::AccuracyPredictor predictor_;
  bool blind_to_bits_;
};

}  // namespace apq::search
