#pragma once

#include <string>

#include "common/core/config.hpp"
#include "common/engine/engine_kind.hpp"
#include "common/net/fidelity.hpp"

namespace apq::evaluate {

/// Section `evaluator` of an experiment: everything but the images that a label depends on. Needs no LibTorch.
struct EvaluatorConfig {
  int batch = 100;              ///< images per forward pass; fixed, because another blocking rounds differently
  int calibration_batch = 250;  ///< images per calibration batch; the first batch also sets the ranges
  net::FidelityKind fidelity = net::FidelityKind::corrected;  ///< docs/fidelity.md
  engine::EngineKind engine = engine::EngineKind::automatic;  ///< which executes subnets
  int node_rank = 0;                                          ///< of this rank within its node: picks the GPU; not a setting

  /// What labels depend on, for hashes and stamps: with the engine that `automatic` is on this machine.
  std::string text() const;
};

/// @throws Error(config) with file:line.
EvaluatorConfig read_evaluator_config(Config section);

}  // namespace apq::evaluate
