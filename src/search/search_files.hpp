#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/core/study_layout.hpp"
#include "search/search.hpp"
#include "search/search_config.hpp"

namespace apq::search {

/// The whole outcome as search.json holds it.
nlohmann::ordered_json to_json(space::SearchSpace const& space, cost::CostModel const& cost_model, SearchConfig const& config,
                               std::string const& fitness, std::uint64_t seed, SearchOutcome const& outcome);

/// Writes search.json, search.h5 (front and histories as arrays) and winners/*.json (winner_names()); winners
/// of other limits go. Local: rank 0 calls it.
/// @throws Error(io).
void write_search(StudyLayout const& layout, space::SearchSpace const& space, nlohmann::ordered_json const& json,
                  SearchOutcome const& outcome);

}  // namespace apq::search
