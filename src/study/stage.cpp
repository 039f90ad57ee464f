#include "study/stage.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/h5/shard.hpp"
#include "study/records/search.hpp"
#include "study/records/training.hpp"
#include "study/records/verification.hpp"

namespace apq::study {
namespace {

using enum Artefact;

// What a label depends on beside its subnet.
std::vector<std::string> const label_settings{"study.seed",
                                              "data.mean",
                                              "data.deviation",
                                              "evaluator.batch",
                                              "evaluator.calibration_batch",
                                              "evaluator.fidelity",
                                              "evaluator.instructions",
                                              "evaluator.quantiser"};
std::vector<Artefact> const label_reads{space, weights, engine, kernels, calibration_images, validation_images};

template <class T>
std::vector<T> joined(std::vector<T> a, std::vector<T> const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Of artefacts that say their format's version; the others are standard formats.
std::optional<int> record_version(Artefact artefact) {
  switch (artefact) {
    case fp_rows:
    case quant_rows:
      return h5::shard_format_version;
    case training:
      return training_format.version;
    case search:
      return search_format.version;
    case search_arrays:
      return search_arrays_format.version;
    case winners:
      return winner_format.version;
    case verification:
      return verification_format.version;
    default:
      return std::nullopt;
  }
}

bool holds(Settings const& settings, char const* key, char const* value) {
  auto const found = settings.find(key);
  return found != settings.end() && found->second == value;
}

}  // namespace

std::string format_of(Stage const& stage) {
  auto text = std::to_string(stage.version);
  for (auto const artefact : stage.writes)
    if (auto const version = record_version(artefact)) text += fmt::format(", {} {}", name_of(artefact), *version);
  return text;
}

std::vector<Stage> stages_of(Settings const& settings) {
  auto const given = settings.find("supernet.weights");
  bool const trains_supernet = given == settings.end() || given->second.empty();
  bool const measures = holds(settings, "search.fitness", "measured");

  std::vector<Stage> stages;
  if (trains_supernet)
    stages.push_back({"supernet",
                      {"study.seed", "data.mean", "data.deviation", "data.train_size", "supernet"},
                      {space, training_images, calibration_images, validation_images},
                      {weights}});
  stages.push_back({"collect.fp", joined(label_settings, {"collect.sequential", "collect.fp"}), label_reads, {fp_rows, fp_joined}});
  stages.push_back(
      {"collect.quant", joined(label_settings, {"collect.sequential", "collect.quant"}), label_reads, {quant_rows, quant_joined}});
  stages.push_back(
      {"train", {"study.seed", "train"}, {space, fp_rows, quant_rows}, {fp_predictor, quant_predictor, scratch_predictor, training}});
  stages.push_back(
      {"search",
       joined({"search", "cost.basis"}, measures ? label_settings : std::vector<std::string>{"study.seed"}),
       joined({space, quant_rows, cost_table, hardware},
              measures ? std::vector{weights, engine, kernels, calibration_images, validation_images} : std::vector{quant_predictor}),
       {search, search_arrays, winners}});
  stages.push_back({"verify",
                    joined(label_settings, {"cost.basis"}),
                    joined(label_reads, {test_images, search, quant_rows, cost_table, hardware}),
                    {verification}});
  stages.push_back({"report",
                    {""},
                    {space, fp_rows, quant_rows, training, search, verification, cost_table, hardware, ledger},
                    {report, figures},
                    true});
  return stages;
}

Stage const& stage_named(std::vector<Stage> const& stages, std::string const& name) {
  auto const found = std::find_if(stages.begin(), stages.end(), [&](Stage const& s) { return s.name == name; });
  if (found != stages.end()) return *found;
  std::string names;
  for (auto const& stage : stages) names += (names.empty() ? "" : ", ") + stage.name;
  throw Error(Errc::config, fmt::format("{}: is not a stage of this study; its stages are {}", name, names));
}

}  // namespace apq::study
