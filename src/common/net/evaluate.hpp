#pragma once

#include <cstdint>

#include "common/net/engine.hpp"
#include "common/net/image_batch.hpp"

namespace apq::net {

struct EvaluationCounts {
  std::uint32_t correct = 0, correct5 = 0, total = 0;
  double loss_sum = 0;  ///< summed cross entropy, nats
};

/// Runs a compiled subnet over all batches; top-5 counts everything where there are at most five classes.
EvaluationCounts evaluate(CompiledNet& net, LabelledBatches const& batches);

}  // namespace apq::net
