#pragma once

#include <memory>

#include "common/engine/engine.hpp"

namespace apq::engine {

/// Fused oneDNN primitives; quantised layers in integers, which are wrong where engine::has_exact_integers() is false.
std::unique_ptr<Engine> make_onednn_engine();

}  // namespace apq::engine
