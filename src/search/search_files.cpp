#include "search/search_files.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/cost/cost_json.hpp"
#include "common/h5/h5_file.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::search {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// A word of every metric: "ms, mJ, 1, B, 1, 1".
template <class Word>
std::string joined(Word const& word) {
  std::string text;
  for (auto const& row : cost::metrics) text += (text.empty() ? "" : ", ") + std::string(word(row));
  return text;
}

Json winner_json(space::SearchSpace const& space, Candidate const& winner) {
  return {{"subnet", Json(space::to_json(space, space::subnet_of(space, winner.genes)))},
          {"genes", winner.genes},
          {"predicted_accuracy", winner.fitness},
          {"cost", cost::cost_to_json(winner.cost)}};
}

}  // namespace

Json to_json(space::SearchSpace const& space, cost::CostModel const& cost_model, SearchConfig const& config, std::string const& fitness,
             std::uint64_t seed, SearchOutcome const& outcome) {
  Json json{{"fitness", fitness},
            {"population", config.evolution.population},
            {"generations", config.evolution.generations},
            {"seed", seed},
            {"candidates_evaluated", outcome.num_evaluated},
            {"cost_model", cost_model.description()},
            {"constraints", Json::array()},
            {"front", Json::array()}};
  for (auto const& result : outcome.results) {
    auto const& limits = result.scenario.limits;
    auto const& first = limits.front();
    auto const& quantile = result.scenario.request.limits.front().quantile;
    Json item{{"metric", cost::name_of(first.metric)}, {"limit", first.value}, {"quantile", quantile ? Json(*quantile) : Json(nullptr)}};
    item["also"] = Json::array();
    for (std::size_t i = 1; i < limits.size(); ++i)
      item["also"].push_back({{"metric", cost::name_of(limits[i].metric)}, {"limit", limits[i].value}});
    item["winner"] = winner_json(space, result.winner);
    item["history"] = Json::array();
    for (auto const& record : result.history)
      item["history"].push_back({{"generation", record.generation},
                                 {"best", record.best},
                                 {"mean", record.mean},
                                 {"worst", record.worst},
                                 {"evaluated", record.num_evaluated}});
    item["sequential"] = nullptr;
    json["constraints"].push_back(std::move(item));
  }
  for (auto const& candidate : outcome.front)
    json["front"].push_back(
        {{"predicted_accuracy", candidate.fitness}, {"cost", cost::cost_to_json(candidate.cost)}, {"genes", candidate.genes}});
  return json;
}

void write_search(StudyLayout const& layout, space::SearchSpace const& space, Json const& json, SearchOutcome const& outcome) {
  make_directory(layout.winners());
  std::vector<Limits> limits;
  for (auto const& result : outcome.results) limits.push_back(result.scenario.limits);
  auto const names = winner_names(limits);
  for (std::size_t i = 0; i < outcome.results.size(); ++i) {
    auto const& constraint = json.at("constraints")[i];
    Json winner = constraint.at("winner");
    for (char const* key : {"metric", "limit", "also"}) winner[key] = constraint.at(key);
    winner["release"] = Json(space::to_release_json(space, space::subnet_of(space, outcome.results[i].winner.genes)));
    replace_file(layout.winners() / (names[i] + ".json"), winner.dump(1) + "\n");
  }
  // Winners of an earlier search under other limits are none of this one's.
  for (auto const& file : std::vector(fs::directory_iterator(layout.winners()), fs::directory_iterator()))
    if (file.path().extension() == ".json" && std::find(names.begin(), names.end(), file.path().stem()) == names.end()) fs::remove(file);
  std::vector<std::uint8_t> genes;
  std::vector<double> fitness, costs;
  for (auto const& candidate : outcome.front) {
    genes.insert(genes.end(), candidate.genes.begin(), candidate.genes.end());
    fitness.push_back(candidate.fitness);
    for (auto const& row : cost::metrics) costs.push_back(candidate.cost.*row.field);
  }
  auto file = h5::File::create(layout.search_result().string());
  file.write_attribute("format", "apq search");
  file.write<std::uint8_t>("front_genes", genes, static_cast<std::size_t>(space.num_genes()), "1", "canonical genes of the front");
  file.write<double>("front_accuracy", fitness, 0, "1", "fitness: accuracy in [0, 1]");
  file.write<double>("front_cost", costs, cost::num_metrics, joined([](auto const& row) { return *row.unit == 0 ? "1" : row.unit; }),
                     joined([](auto const& row) { return row.name; }));
  for (std::size_t i = 0; i < outcome.results.size(); ++i) {
    std::vector<double> history;
    for (auto const& record : outcome.results[i].history) history.insert(history.end(), {record.best, record.mean, record.worst});
    file.write<double>(fmt::format("history_{}", i), history, 3, "1",
                       "best, mean and worst fitness of each generation of constraint " + std::to_string(i));
  }
  file.save(layout.search_result());
  replace_file(layout.search_summary(), json.dump(1) + "\n");  // last: its presence says that the search is done
}

}  // namespace apq::search
