#pragma once

#include <utility>
#include <vector>

#include "common/engine/engine.hpp"
#include "common/net/fidelity.hpp"
#include "common/net/range_rules.hpp"
#include "common/net/subnet_net.hpp"

namespace apq::engine {

/// Replaces every layer's BN statistics by averages over the batches (weighted by batch size) of the batch means and of
/// the biased batch variances, each batch normalised by its own statistics (spec A4). Not the pooled variance.
/// @throws Error(numeric) naming a layer whose statistics are not finite.
void recalibrate_norms(net::SubnetNet& net, Batches batches, bool quantise, Engine const& engine);

/// What ranges are taken, and with which of the release's slips.
struct Calibration {
  net::Fidelity fidelity = {};
  net::RangeRules ranges = {};
};

/// Sets activation and weight ranges from `images` with the quantisers bypassed, by the rules of range_rules.hpp.
/// @throws Error(numeric) naming a layer whose inputs are not finite.
void calibrate_ranges(net::SubnetNet& net, at::Tensor const& images, Calibration const& calibration, Engine const& engine);

/// Running mean and variance of every batch norm, in network order.
using NormBuffers = std::vector<std::pair<at::Tensor, at::Tensor>>;

/// Everything a sliced subnet needs before it is compiled. Full precision: BN recalibration. Quantised, corrected: BN in full
/// precision, ranges on the first batch, BN again with the final quantisers. Quantised, release (D-22): BN with
/// uncalibrated quantisers, then ranges.
/// No batches: a full-precision subnet keeps the stored statistics, which are those of the largest one.
/// @param float_norms  statistics in full precision, the same for all bit widths of an architecture: taken from there if there are any,
/// else
///                     left there. Nothing changes but the time.
/// @throws Error(config) for a quantised subnet without batches; Error(numeric) as the above.
void prepare(net::SubnetNet& net, Batches batches, Calibration const& calibration, Engine const& engine,
             NormBuffers* float_norms = nullptr);

}  // namespace apq::engine
