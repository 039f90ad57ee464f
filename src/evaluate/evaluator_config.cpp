#include "evaluate/evaluator_config.hpp"

#include <fmt/format.h>

namespace apq::evaluate {

std::string EvaluatorConfig::text() const {
  return fmt::format("batch {} calibration batch {} fidelity {} engine {}", batch, calibration_batch, net::fidelity_kind_names(fidelity),
                     engine::engine_kind_names(engine::resolved(engine)));
}

}  // namespace apq::evaluate
