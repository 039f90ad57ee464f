#pragma once

#include "common/core/study_layout.hpp"
#include "common/cost/cost_model.hpp"
#include "common/space/search_space.hpp"

namespace apq::test {

/// Writes an invented but consistent study: accuracies follow a formula over the genes, with
/// binomial noise. For looking at the report and testing it; no figure in it was measured.
void write_synthetic_study(StudyLayout const& layout, space::SearchSpace const& space, cost::CostModel const& cost_model,
                           std::uint64_t num_fp = 400, std::uint64_t num_quant = 200);

}  // namespace apq::test
