#pragma once

#include <string>
#include <vector>

#include "evaluate/subnet_evaluation.hpp"

namespace apq::evaluate {

/// A line a subnet: percent with the 95 % Wilson interval of top-1; or a JSON array.
std::string eval_table(std::vector<EvalResult> const& results);
std::string eval_json(std::vector<EvalResult> const& results);

}  // namespace apq::evaluate
