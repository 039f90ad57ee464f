#include "train/transfer.hpp"

#include <utility>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "train/predictor_model.hpp"

namespace apq::train {

AccuracyPredictor add_bit_branch(AccuracyPredictor const& full_precision, bool zero_init, std::uint64_t seed) {
  auto const& model = full_precision.model();
  if (model.quantised) throw Error(Errc::internal, "transfer: the predictor has a bit branch already");
  auto weights = model.weights;
  AccuracyPredictor const fresh(model.encoding, true, seed, model.hidden);
  for (char const* name : {"quantize_fc.weight", "quantize_fc.bias"}) {
    auto const& tensor = fresh.model().weights.at(name);
    weights[name] = zero_init ? at::zeros_like(tensor) : tensor;
  }
  return AccuracyPredictor::Model::wrap(model.encoding, std::move(weights));
}

checkpoint::StateDict weights_to_start_from(AccuracyPredictor const& from, bool quantised, bool zero_init, std::uint64_t seed) {
  bool const lacks_bits = quantised && !from.is_quantised();
  return lacks_bits ? add_bit_branch(from, zero_init, seed).model().weights : from.model().weights;
}

}  // namespace apq::train
