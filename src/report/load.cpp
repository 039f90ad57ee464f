#include <filesystem>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_json.hpp"
#include "report/inputs.hpp"

namespace apq::report {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

double number(Json const& json) { return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>(); }
double number_at(Json const& json, char const* key) {
  return json.contains(key) ? number(json.at(key)) : std::numeric_limits<double>::quiet_NaN();
}

Counts counts_of(Json const& json) { return {json.at("correct").get<std::uint64_t>(), json.at("total").get<std::uint64_t>()}; }
Estimate estimate_of(Json const& json) { return {number(json.at("value")), number_at(json, "low"), number_at(json, "high")}; }

Fit fit_of(Json const& json) {
  Fit fit;
  for (auto const& [name, value] : json.at("metrics").items()) fit.metrics[name] = estimate_of(value);
  for (auto const& row : json.at("held_out"))
    fit.held_out.push_back({row.at("id").get<std::uint64_t>(), number(row.at("predicted")), counts_of(row)});
  return fit;
}

std::map<std::string, double> numbers_of(Json const& json) {
  std::map<std::string, double> numbers;
  for (auto const& [name, value] : json.items()) numbers[name] = number(value);
  return numbers;
}

Training training_of(Json const& json) {
  Training training;
  if (json.contains("fp") && json["fp"].is_object()) {
    auto const& fp = json["fp"];
    training.fp = fit_of(fp);
    training.fp_train_rows = fp.at("train_rows").get<std::uint64_t>();
    training.model = fp.value("model", "");
  }
  if (!json.contains("quant") || !json["quant"].is_object()) return training;
  auto const& quant = json["quant"];
  training.quant_train_rows = quant.at("train_rows").get<std::uint64_t>();
  if (quant.contains("transfer") && quant["transfer"].is_object()) training.transfer = fit_of(quant["transfer"]);
  if (quant.contains("scratch") && quant["scratch"].is_object()) training.scratch = fit_of(quant["scratch"]);
  if (quant.contains("gain") && quant["gain"].is_object())
    for (auto const& [name, value] : quant["gain"].items()) training.gain[name.substr(0, name.rfind("_difference"))] = estimate_of(value);
  if (quant.contains("curve"))
    for (auto const& p : quant["curve"])
      training.curve.push_back(
          {number(p.at("train_rows")), number_at(p, "splits"), numbers_of(p.at("transfer")), numbers_of(p.at("scratch"))});
  return training;
}

Search search_of(Json const& json) {
  Search search;
  search.fitness = json.value("fitness", "");
  search.cost_model = json.value("cost_model", "");
  search.basis = json.value("basis", "");
  search.population = json.value("population", std::uint64_t{0});
  search.generations = json.value("generations", std::uint64_t{0});
  search.candidates = json.value("candidates_evaluated", std::uint64_t{0});
  for (auto const& c : json.at("constraints")) {
    SearchedLimit limit{cost::metric_from_name(c.at("metric").get<std::string>()), number(c.at("limit")), {}};
    if (c.contains("history"))
      for (auto const& g : c["history"]) limit.history.push_back({number(g.at("generation")), number(g.at("best")), number_at(g, "mean")});
    search.limits.push_back(std::move(limit));
  }
  if (json.contains("front"))
    for (auto const& p : json["front"]) search.front.push_back({number(p.at("predicted_accuracy")), cost::cost_from_json(p.at("cost"))});
  return search;
}

Verified verified_of(Json const& json) {
  return {cost::cost_from_json(json.at("cost")), json.at("genes").get<space::Genes>(), counts_of(json.at("validation")),
          counts_of(json.at("test"))};
}

std::vector<Winner> winners_of(Json const& json) {
  std::vector<Winner> winners;
  for (auto const& w : json.at("winners")) {
    Winner winner{cost::metric_from_name(w.at("metric").get<std::string>()),
                  number(w.at("limit")),
                  number(w.at("predicted_accuracy")),
                  verified_of(w),
                  {}};
    if (w.contains("best_collected") && w["best_collected"].is_object()) winner.best_collected = verified_of(w["best_collected"]);
    winners.push_back(std::move(winner));
  }
  return winners;
}

std::vector<UniformNetwork> uniform_of(Json const& json) {
  std::vector<UniformNetwork> networks;
  if (!json.contains("uniform")) return networks;
  for (auto const& u : json["uniform"]) {
    UniformNetwork network{{}, cost::cost_from_json(u.at("cost")), counts_of(u.at("validation")), counts_of(u.at("test"))};
    if (auto const& bits = u.at("bits"); bits.is_object())
      network.bits = {bits.at("weights").get<int>(), bits.at("activations").get<int>()};
    networks.push_back(network);
  }
  return networks;
}

// `use` gets the document when the file is there.
void with_json(fs::path const& file, std::function<void(Json const&)> const& use) {
  if (!fs::exists(file)) return;
  try {
    use(Json::parse(read_file(file)));
  } catch (Json::exception const& e) {
    throw Error(Errc::data, fmt::format("{}: not what apq wrote ({}); remove it and run its stage again", file.string(), e.what()));
  }
}

Collected collected(StudyLayout const& layout, std::string const& stage, cost::CostModel const& cost_model) {
  Collected result;
  result.dataset = h5::read_stage(layout, stage);
  if (result.dataset.rows.empty()) return result;
  result.content_hash = h5::content_hash(result.dataset.rows);
  for (auto const& row : result.dataset.rows) result.costs.push_back(cost_model(row.genes));
  return result;
}

}  // namespace

Inputs load(StudyLayout const& layout, space::SearchSpace const& space, cost::CostModel const& cost_model) {
  if (!fs::is_directory(layout.root))
    throw Error(Errc::io, fmt::format("{}: no such study directory; `apq run --config FILE` makes one", layout.root.string()));
  Inputs inputs;
  inputs.directory = layout.root.string();
  inputs.study = fs::absolute(layout.root).lexically_normal().filename().string();
  inputs.space = space;
  inputs.cost_description = cost_model.description();
  if (fs::exists(layout.config())) {
    inputs.config = read_file(layout.config());
    auto section = Config::load(layout.config()).section("study");
    inputs.study = section.peek<std::string>("name").value_or(inputs.study);
    if (auto const seed = section.peek<std::uint64_t>("seed")) inputs.seed = *seed;
  }
  inputs.fp = collected(layout, "fp", cost_model);
  inputs.quant = collected(layout, "quant", cost_model);
  with_json(layout.train_metrics(), [&](Json const& json) { inputs.training = training_of(json); });
  with_json(layout.search_summary(), [&](Json const& json) { inputs.search = search_of(json); });
  with_json(layout.verification(), [&](Json const& json) {
    inputs.test_images = json.at("test_images").get<std::uint64_t>();
    inputs.winners = winners_of(json);
    inputs.uniform = uniform_of(json);
  });
  inputs.ledger = energy::read_ledger(layout.ledger());
  return inputs;
}

}  // namespace apq::report
