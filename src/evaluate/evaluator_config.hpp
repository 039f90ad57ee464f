#pragma once

#include "common/core/config.hpp"
#include "common/engine/engine_kind.hpp"
#include "common/engine/instructions.hpp"
#include "common/net/fidelity.hpp"
#include "common/net/range_rules.hpp"

namespace apq::evaluate {

/// Section `evaluator` of an experiment: everything but the images that a label depends on. Needs no LibTorch.
struct EvaluatorConfig {
  int batch = 100;              ///< images per forward pass; fixed, because another blocking rounds differently
  int calibration_batch = 250;  ///< images per calibration batch; the first batch also sets the ranges
  net::FidelityKind fidelity = net::FidelityKind::corrected;                ///< docs/fidelity.md
  engine::EngineKind engine = engine::EngineKind::automatic;                ///< which executes subnets
  engine::InstructionSet instructions = engine::InstructionSet::automatic;  ///< that oneDNN may use
  net::RangeRequest requested_ranges;                                       ///< as configured
  net::RangeRules ranges = net::usual_range_rules;                          ///< how ranges of quantisers are found (docs/quantiser.md)
  int node_rank = 0;                                                        ///< of this rank within its node: picks the GPU; not a setting
};

/// @throws Error(config) with file:line.
EvaluatorConfig read_evaluator_config(Config section);

/// The rules of an evaluator whose configuration leaves some open: the release's fidelity takes the paper's.
net::RangeRules usual_rules(net::FidelityKind fidelity);

}  // namespace apq::evaluate
