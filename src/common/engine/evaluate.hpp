#pragma once

#include <cstdint>
#include <functional>

#include "common/engine/engine.hpp"
#include "common/engine/image_batch.hpp"

namespace apq::engine {

struct EvaluationCounts {
  std::uint32_t correct = 0, correct5 = 0, total = 0;
  double loss_sum = 0;  ///< summed cross entropy, nats
};

/// Asked after every batch with the counts so far: true ends the evaluation.
using Enough = std::function<bool(EvaluationCounts const&)>;

/// Runs a compiled subnet over all batches, or until there is enough; top-5 counts everything where there are at most five classes.
/// @throws Error(numeric) where a logit is not finite, naming class, image (counted from 0 in the order of `batches`) and value.
EvaluationCounts evaluate(CompiledNet& net, LabelledBatches const& batches, Enough const& is_enough = {});

}  // namespace apq::engine
