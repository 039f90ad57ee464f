#include "evaluate/evaluator_config.hpp"

#include <fmt/format.h>

namespace apq::evaluate {
namespace {

template <class E, std::size_t N>
E read_choice(Config& section, std::string const& key, E fallback, EnumNames<E, N> const& names) {
  return *names.find(section.choice_or(key, std::string(names(fallback)), names.all()));
}

}  // namespace

std::string EvaluatorConfig::text() const {
  return fmt::format("batch {} calibration batch {} fidelity {} engine {}", batch, calibration_batch, net::fidelity_kind_names(fidelity),
                     engine::engine_kind_names(engine::resolved(engine)));
}

EvaluatorConfig read_evaluator_config(Config section) {
  EvaluatorConfig config;
  config.batch = section.get_or<int>("batch", config.batch, {1, 100'000});
  config.calibration_batch = section.get_or<int>("calibration_batch", config.calibration_batch, {1, 100'000});
  config.fidelity = read_choice(section, "fidelity", config.fidelity, net::fidelity_kind_names);
  config.engine = read_choice(section, "engine", config.engine, engine::engine_kind_names);
  return config;
}

}  // namespace apq::evaluate
