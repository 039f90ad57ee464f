#pragma once

#include "common/core/config.hpp"
#include "common/engine/engine_kind.hpp"
#include "common/engine/instructions.hpp"
#include "common/net/fidelity.hpp"

namespace apq::evaluate {

/// Section `evaluator` of an experiment: everything but the images that a label depends on. Needs no LibTorch.
struct EvaluatorConfig {
  int batch = 100;              ///< images per forward pass; fixed, because another blocking rounds differently
  int calibration_batch = 250;  ///< images per calibration batch; the first batch also sets the ranges
  net::FidelityKind fidelity = net::FidelityKind::corrected;                ///< docs/fidelity.md
  engine::EngineKind engine = engine::EngineKind::automatic;                ///< which executes subnets
  engine::InstructionSet instructions = engine::InstructionSet::automatic;  ///< that oneDNN may use
  int node_rank = 0;                                                        ///< of this rank within its node: picks the GPU; not a setting
};

/// @throws Error(config) with file:line.
inline EvaluatorConfig read_evaluator_config(Config section) {
  EvaluatorConfig config;
  config.batch =
      section.get_or<int>("batch", config.batch, {1, 100'000},
                          {"Images of a forward pass; labels depend on it, because another blocking rounds differently", "images"});
  config.calibration_batch =
      section.get_or<int>("calibration_batch", config.calibration_batch, {1, 100'000},
                          {"Images of a calibration batch; the first one also sets the activation ranges", "images"});
  config.fidelity =
      section.choice_or("fidelity", config.fidelity, net::fidelity_kind_names,
                        {"How quantised networks compute: as intended, or with the released code's slips (docs/fidelity.md)"});
  config.engine =
      section.choice_or("engine", config.engine, engine::engine_kind_names,
                        {"What executes subnets; auto is the fastest on this machine's processor, and labels depend on which it is"});
  config.instructions =
      section.choice_or("instructions", config.instructions, engine::instruction_set_names,
                        {"Instruction set that oneDNN may use; labels depend on it (docs/labels.md); auto is what the study "
                         "was begun with, at its beginning the best that all ranks have"});
  return config;
}

}  // namespace apq::evaluate
