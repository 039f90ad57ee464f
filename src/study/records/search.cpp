#include "study/records/search.hpp"

#include "common/cost/cost_json.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::study {
namespace {

Json json_of(search::Limit const& limit) { return {{"metric", cost::name_of(limit.metric)}, {"limit", limit.value}}; }
search::Limit limit_of(Json const& json) {
  return {cost::metric_from_name(json.at("metric").get<std::string>()), json.at("limit").get<double>()};
}

search::Candidate candidate_of(Json const& json) {
  return {whole_numbers<std::uint8_t>(json.at("genes")), cost::cost_from_json(json.at("cost")),
          number_or_nan(json.at("predicted_accuracy"))};
}

Json limits_and_quantile(Winner const& winner) {
  auto json = to_json(winner.limits);
  json["quantile"] = winner.quantile ? Json(*winner.quantile) : Json(nullptr);
  return json;
}

Json network_of(search::Candidate const& network, space::SearchSpace const& space) {
  return {{"subnet", Json(space::to_json(space, space::subnet_of(space, network.genes)))},
          {"genes", network.genes},
          {"predicted_accuracy", number_or_null(network.fitness)},
          {"cost", cost::cost_to_json(network.cost)}};
}

Winner winner_of(Json const& limits, Json const& network) {
  Winner winner{limits_from_json(limits), {}, candidate_of(network)};
  if (auto const& quantile = limits.at("quantile"); !quantile.is_null()) winner.quantile = quantile.get<double>();
  return winner;
}

}  // namespace

Json to_json(search::Limits const& limits) {
  auto json = json_of(limits.front());
  json["also"] = Json::array();
  for (std::size_t i = 1; i < limits.size(); ++i) json["also"].push_back(json_of(limits[i]));
  return json;
}

search::Limits limits_from_json(Json const& json) {
  search::Limits limits{limit_of(json)};
  for (auto const& other : json.at("also")) limits.push_back(limit_of(other));
  return limits;
}

Json to_json(Search const& search, space::SearchSpace const& space) {
  Json json{{"fitness", search.fitness},
            {"population", search.population},
            {"generations", search.generations},
            {"seed", search.seed},
            {"candidates_evaluated", search.candidates},
            {"cost_model", search.cost_model},
            {"constraints", Json::array()},
            {"front", Json::array()}};
  for (auto const& scenario : search.scenarios) {
    auto item = limits_and_quantile(scenario.winner);
    item["winner"] = network_of(scenario.winner.network, space);
    item["history"] = Json::array();
    for (auto const& g : scenario.history)
      item["history"].push_back(
          {{"generation", g.generation}, {"best", g.best}, {"mean", g.mean}, {"worst", g.worst}, {"evaluated", g.num_evaluated}});
    json["constraints"].push_back(std::move(item));
  }
  for (auto const& c : search.front)
    json["front"].push_back({{"predicted_accuracy", number_or_null(c.fitness)}, {"cost", cost::cost_to_json(c.cost)}, {"genes", c.genes}});
  return json;
}

Search search_from_json(Json const& json) {
  Search search;
  search.fitness = json.at("fitness").get<std::string>();
  search.cost_model = json.at("cost_model").get<std::string>();
  search.population = whole_number<std::uint64_t>(json.at("population"));
  search.generations = whole_number<std::uint64_t>(json.at("generations"));
  search.seed = whole_number<std::uint64_t>(json.at("seed"));
  search.candidates = whole_number<std::uint64_t>(json.at("candidates_evaluated"));
  for (auto const& item : json.at("constraints")) {
    SearchedScenario scenario{winner_of(item, item.at("winner")), {}};
    for (auto const& g : item.at("history"))
      scenario.history.push_back({whole_number<int>(g.at("generation")), number_or_nan(g.at("best")), number_or_nan(g.at("mean")),
                                  number_or_nan(g.at("worst")), whole_number<std::uint64_t>(g.at("evaluated"))});
    search.scenarios.push_back(std::move(scenario));
  }
  for (auto const& point : json.at("front")) search.front.push_back(candidate_of(point));
  return search;
}

Json to_json(Winner const& winner, space::SearchSpace const& space) {
  auto json = network_of(winner.network, space);
  json.update(limits_and_quantile(winner));
  json["release"] = Json(space::to_release_json(space, space::subnet_of(space, winner.network.genes)));
  return json;
}

Winner winner_from_json(Json const& json) { return winner_of(json, json); }

void write_search(std::filesystem::path const& file, Search const& search, space::SearchSpace const& space) {
  write_record(file, search_format, to_json(search, space));
}

void write_winner(std::filesystem::path const& file, Winner const& winner, space::SearchSpace const& space) {
  write_record(file, winner_format, to_json(winner, space));
}

Search read_search(std::filesystem::path const& file) {
  Search search;
  read_record(file, search_format, [&](Json const& json) { search = search_from_json(json); });
  return search;
}

Winner read_winner(std::filesystem::path const& file) {
  Winner winner;
  read_record(file, winner_format, [&](Json const& json) { winner = winner_from_json(json); });
  return winner;
}

}  // namespace apq::study
