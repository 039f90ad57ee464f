#include "study/search_result.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/h5/h5_file.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

/// A word of every metric: "ms, mJ, 1, B, 1, 1".
template <class Word>
std::string joined(Word const& word) {
  std::string text;
  for (auto const& row : cost::metrics) text += (text.empty() ? "" : ", ") + std::string(word(row));
  return text;
}

}  // namespace

Search record_of(cost::CostModel const& cost_model, search::SearchConfig const& config, std::string const& fitness, std::uint64_t seed,
                 search::SearchOutcome const& outcome) {
  Search found{.fitness = fitness,
               .cost_model = cost_model.description(),
               .population = static_cast<std::uint64_t>(config.evolution.population),
               .generations = static_cast<std::uint64_t>(config.evolution.generations),
               .seed = seed,
               .candidates = outcome.num_evaluated,
               .scenarios = {},
               .front = outcome.front};
  for (auto const& result : outcome.results)
    found.scenarios.push_back({{result.scenario.limits, result.scenario.request.limits.front().quantile, result.winner}, result.history});
  return found;
}

void write_search_result(StudyLayout const& layout, space::SearchSpace const& space, Search const& found) {
  make_directory(layout.winners());
  std::vector<search::Limits> limits;
  for (auto const& scenario : found.scenarios) limits.push_back(scenario.winner.limits);
  auto const names = search::winner_names(limits);
  for (std::size_t i = 0; i < names.size(); ++i) write_winner(layout.winners() / (names[i] + ".json"), found.scenarios[i].winner, space);
  // Winners of an earlier search under other limits are none of this one's.
  for (auto const& file : std::vector(fs::directory_iterator(layout.winners()), fs::directory_iterator()))
    if (file.path().extension() == ".json" && std::find(names.begin(), names.end(), file.path().stem()) == names.end()) fs::remove(file);
  std::vector<std::uint8_t> genes;
  std::vector<double> fitness, costs;
  for (auto const& candidate : found.front) {
    genes.insert(genes.end(), candidate.genes.begin(), candidate.genes.end());
    fitness.push_back(candidate.fitness);
    for (auto const& row : cost::metrics) costs.push_back(candidate.cost.*row.field);
  }
  auto file = h5::File::create(layout.search_result().string());
  file.write_attribute("format", search_arrays_format.name);
  file.write_attribute("format_version", static_cast<std::uint64_t>(search_arrays_format.version));
  file.write<std::uint8_t>("front_genes", genes, static_cast<std::size_t>(space.num_genes()), "1", "canonical genes of the front");
  file.write<double>("front_accuracy", fitness, 0, "1", "fitness: accuracy in [0, 1]");
  file.write<double>("front_cost", costs, cost::num_metrics, joined([](auto const& row) { return *row.unit == 0 ? "1" : row.unit; }),
                     joined([](auto const& row) { return row.name; }));
  for (std::size_t i = 0; i < found.scenarios.size(); ++i) {
    std::vector<double> history;
    for (auto const& record : found.scenarios[i].history) history.insert(history.end(), {record.best, record.mean, record.worst});
    file.write<double>(fmt::format("history_{}", i), history, 3, "1",
                       "best, mean and worst fitness of each generation of constraint " + std::to_string(i));
  }
  file.save(layout.search_result());
  write_search(layout.search_summary(), found, space);  // last: its presence says that the search is done
}

}  // namespace apq::study
