#include "evaluate/evaluator_config.hpp"

#include <fmt/format.h>

namespace apq::evaluate {
std::string EvaluatorConfig::text() const {
  return fmt::format("batch {} calibration batch {} fidelity {} engine {}", batch, calibration_batch, net::fidelity_kind_names(fidelity),
                     engine::engine_kind_names(engine::resolved(engine)));
}

EvaluatorConfig read_evaluator_config(Config section) {
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
  return config;
}

}  // namespace apq::evaluate
