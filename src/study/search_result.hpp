#pragma once

#include "common/core/study_layout.hpp"
#include "search/search.hpp"
#include "search/search_config.hpp"
#include "study/records/search.hpp"

namespace apq::study {

/// What is said of a search that judged by `fitness`.
Search record_of(cost::CostModel const& cost_model, search::SearchConfig const& config, std::string const& fitness, std::uint64_t seed,
                 search::SearchOutcome const& outcome);

/// Writes search.json, search.h5 (front and histories as arrays) and winners/*.json (search::winner_names()); winners of other limits go.
/// Local: rank 0 calls it.
/// @throws Error(io).
void write_search_result(StudyLayout const& layout, space::SearchSpace const& space, Search const& found);

}  // namespace apq::study
