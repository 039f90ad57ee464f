#pragma once

#include <memory>

#include "common/engine/engine.hpp"

namespace apq::net {

/// Fused oneDNN primitives; quantised layers in integers.
std::unique_ptr<Engine> make_onednn_engine();
/// False on processors whose 8-bit products saturate: quantised subnets would not be what they simulate.
bool onednn_has_exact_integers();

}  // namespace apq::net
