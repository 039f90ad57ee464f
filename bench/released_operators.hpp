#pragma once

#include <memory>

#include "common/engine/engine.hpp"

namespace apq::bench {

/// An engine for comparison: LibTorch operators in the sequence of the released Python code (quantize_utils.py, APQ spec A6):
/// planar maps, batches of 32, every operator into a new tensor, activations clipped by sums of absolute values, weights quantised anew in
/// every pass. For networks of ReLU6 alone.
std::unique_ptr<engine::Engine> make_released_operators();
/// True where it can run the network: ReLU6 alone, norms everywhere, no squeeze-excite.
bool knows(net::SubnetNet const& net);

}  // namespace apq::bench
