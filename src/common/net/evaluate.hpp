#pragma once

#include <cstdint>

#include "common/net/image_batch.hpp"
#include "common/net/subnet_net.hpp"

namespace apq::net {

struct EvaluationCounts {
  std::uint32_t correct = 0, correct5 = 0, total = 0;
  double loss_sum = 0;  ///< summed cross entropy, nats
};

/// Runs a prepared subnet over all batches; top-5 counts everything where there are at most five classes.
EvaluationCounts evaluate(SubnetNet const& net, LabelledBatches const& batches);

}  // namespace apq::net
