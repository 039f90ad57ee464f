#pragma once

#include <CLI/CLI.hpp>

#include "evaluate/evaluator_config.hpp"

namespace apq::app {

/// `--fidelity`, `--weight-scales`, `--weight-ranges`, `--activation-ranges`, `--powers-of-two`: what a configuration has as
/// evaluator.fidelity and evaluator.quantiser. The configuration outlives the parsing.
void add_quantiser_options(CLI::App& app, evaluate::EvaluatorConfig& config);
/// After the parsing: open parts are as in a new study. @throws Error(config) for rules that do not go together.
void settle_ranges(evaluate::EvaluatorConfig& config);

}  // namespace apq::app
