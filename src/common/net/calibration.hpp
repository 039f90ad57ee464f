#pragma once

#include "common/net/fidelity.hpp"
#include "common/net/image_batch.hpp"
#include "common/net/subnet_net.hpp"

namespace apq::net {

/// Batches of normalised images, each [batch, channels, size, size].
using Batches = ImageBatches const&;

/// Replaces every layer's BN statistics by averages over the batches (weighted by batch size) of the batch means and of
/// the biased batch variances, each batch normalised by its own statistics (spec A4). Not the pooled variance.
void recalibrate_norms(SubnetNet& net, Batches batches, bool quantise);

/// Sets activation and weight ranges from one pass over `images` with the quantisers bypassed (spec A6): max|x|, and
/// below 5 bits the KL threshold where that is smaller.
void calibrate_ranges(SubnetNet& net, at::Tensor const& images, Fidelity const& fidelity);

/// Everything a sliced subnet needs before it is evaluated. Full precision: BN recalibration. Quantised, corrected: BN in full
/// precision, ranges on the first batch, BN again with the final quantisers. Quantised, release (D-22): BN with
/// uncalibrated quantisers, then ranges. Weights are frozen at the end.
/// No batches: a full-precision subnet keeps the stored statistics, which are those of the largest one.
/// @throws Error(config) for a quantised subnet without batches.
void prepare(SubnetNet& net, Batches batches, Fidelity const& fidelity);

}  // namespace apq::net
