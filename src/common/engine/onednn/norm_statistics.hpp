#pragma once

#include "common/engine/engine.hpp"

namespace apq::engine::onednn {

/// One pass over all batches for Engine::observe_statistics. A batch goes through layer by layer, in chunks that stay in
/// the cache: what a block's first layer widens is computed again rather than kept, so that only maps about as large
/// as the block's input, and the one before its projection, go through memory.
void observe_statistics(net::SubnetNet const& net, Batches batches, bool quantise, Engine::StatisticsObserver const& observe);

}  // namespace apq::engine::onednn
