#pragma once

#include <cstdint>

#include "common/checkpoint/state_dict.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/mlp_forward.hpp"

namespace apq::train {

/// What lies behind an AccuracyPredictor. The weights are float32, contiguous, named and shaped as
/// parameter_shapes() says.
struct AccuracyPredictor::Model {
  Model(space::Encoding const& the_encoding, checkpoint::StateDict the_weights);

  space::Encoding encoding;
  bool quantised;
  int hidden;
  checkpoint::StateDict weights;
  PackedMlp packed;  ///< the same weights, as predict() reads them

  static AccuracyPredictor wrap(space::Encoding const& encoding, checkpoint::StateDict weights);
};

/// Names and shapes of the release's predictor (APQ spec A5).
checkpoint::Shapes parameter_shapes(space::Encoding const& encoding, bool quantised, int hidden);

}  // namespace apq::train
