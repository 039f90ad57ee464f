#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "common/space/search_space.hpp"
#include "common/space/winner_format.hpp"
#include "search/candidate.hpp"
#include "search/generation_record.hpp"
#include "search/limits.hpp"

namespace apq::study {

inline constexpr RecordFormat search_format{"apq search", 1, "`apq search` makes it anew"};
/// search.h5: the front and the histories of search.json as arrays, for readers of HDF5.
inline constexpr RecordFormat search_arrays_format{"apq search", 1, "`apq search` makes it anew"};
using space::winner_format;

/// The best network that was found under limits that hold together.
struct Winner {
  search::Limits limits;
  std::optional<double> quantile;  ///< that the first limit was asked for as
  search::Candidate network;
};

struct SearchedScenario {
  Winner winner;
  std::vector<search::GenerationRecord> history;
};

/// search.json: what was searched for, how, and what was found.
struct Search {
  std::string fitness, cost_model;  ///< names of what judged the candidates
  std::uint64_t population = 0, generations = 0, seed = 0, candidates = 0;
  std::vector<SearchedScenario> scenarios;  ///< in the order of the configuration
  std::vector<search::Candidate> front;     ///< non-dominated in accuracy and any one metric, best first
};

/// Limits as {"metric": .., "limit": .., "also": [{"metric": .., "limit": ..}]}.
Json to_json(search::Limits const& limits);
search::Limits limits_from_json(Json const& json);

Json to_json(Search const& search, space::SearchSpace const& space);
/// @throws nlohmann::json::exception when a field is missing or of another kind; Error(config) for an unknown metric.
Search search_from_json(Json const& json);

/// One file of winners/: the network also layer by layer, and as the released search writes it.
Json to_json(Winner const& winner, space::SearchSpace const& space);
Winner winner_from_json(Json const& json);

/// @throws Error(io).
void write_search(std::filesystem::path const& file, Search const& search, space::SearchSpace const& space);
void write_winner(std::filesystem::path const& file, Winner const& winner, space::SearchSpace const& space);
/// @throws Error as read_record.
Search read_search(std::filesystem::path const& file);
Winner read_winner(std::filesystem::path const& file);

}  // namespace apq::study
