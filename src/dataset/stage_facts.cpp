#include "dataset/stage_facts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "collect/quarantine.hpp"
#include "collect/stored_stage.hpp"
#include "common/core/config.hpp"
#include "common/core/interval.hpp"
#include "common/core/study_layout.hpp"
#include "train/train_config.hpp"

namespace apq::dataset {
namespace {
namespace fs = std::filesystem;

std::string images_of(h5::ShardHeader const& header) {
  auto const part = [&](char const* name) {
    auto const found = header.identity.find(name);
    return found == header.identity.end() ? std::string() : found->second;
  };
  if (auto const validation = part("data.validation"); !validation.empty()) return "validation split: " + validation;
  if (auto const images = part("table.images"); !images.empty()) return "images behind each accuracy: " + images;
  return "not said by the shards";
}

double mean_half_width(std::vector<h5::Row> const& rows) {
  double sum = 0;
  for (auto const& row : rows) {
    auto const interval = wilson_interval(row.correct, row.total);
    sum += 100 * (interval.high - interval.low) / 2;
  }
  return rows.empty() ? 0 : sum / static_cast<double>(rows.size());
}

bool judged_by(train::Verdict const& verdict, FixedSplit const& split) {
  return std::equal(verdict.held_out.begin(), verdict.held_out.end(), split.held_out.begin(), split.held_out.end(),
                    [](train::Prediction const& prediction, std::uint64_t id) { return prediction.id == id; });
}

/// Those of one report, or why they do not count.
template <class Report>
void take_baselines(std::optional<Report> const& report, std::vector<std::pair<char const*, train::Verdict Report::*>> const& verdicts,
                    StageFacts& facts) {
  if (!report) {
    facts.no_baselines = fmt::format("train.json says nothing of stage {}; `apq train` makes it", facts.header.stage);
  } else if (report->data_hash != facts.summary.content_hash) {
    facts.no_baselines = "train.json is of other rows; `apq train` makes it anew";
  } else {
    for (auto const& [name, verdict] : verdicts) {
      if (judged_by((*report).*verdict, facts.split)) facts.baselines.push_back({name, report->model, ((*report).*verdict).metrics});
      else facts.no_baselines = "train.json is of another split; `apq train` makes it anew";
    }
  }
}

void read_baselines(fs::path const& directory, StageFacts& facts) {
  auto const file = StudyLayout{directory}.train_metrics();
  if (!fs::exists(file)) {
    facts.no_baselines = "no predictor has been trained (there is no train.json); `apq train` does, and a new publication has its scores";
    return;
  }
  auto const training = study::read_training(file);
  if (facts.header.stage == "fp") take_baselines<train::FpReport>(training.fp, {{"full precision", &train::FpReport::verdict}}, facts);
  else
    take_baselines<train::QuantReport>(
        training.quant, {{"transferred", &train::QuantReport::transfer}, {"from scratch", &train::QuantReport::scratch}}, facts);
}

}  // namespace

SplitRule split_rule(fs::path const& directory, h5::ShardHeader const& header) {
  SplitRule rule{header.seed, train::TrainConfig{}.held_out_fraction};
  auto const file = StudyLayout{directory}.config();
  if (!fs::exists(file)) return rule;
  auto config = Config::load(file);
  rule.seed = config.section("study").peek<std::uint64_t>("seed").value_or(rule.seed);
  rule.held_out_fraction = config.section("train").peek<double>("held_out_fraction").value_or(rule.held_out_fraction);
  return rule;
}

namespace {
// Of a collection that others made, or of a table, nothing is known.
std::size_t wanted_samples(fs::path const& directory, h5::ShardHeader const& header) {
  auto const file = StudyLayout{directory}.config();
  if (!header.source.starts_with("collected") || !fs::exists(file)) return 0;
  return Config::load(file).section("collect").section(header.stage).peek<std::uint64_t>("samples").value_or(0);
}
}  // namespace

StageFacts facts_of(fs::path const& directory, h5::Dataset const& dataset) {
  StageFacts facts{.header = dataset.header, .summary = collect::summary_of(dataset.header.stage, dataset)};
  facts.identity_of_images = images_of(facts.header);
  facts.mean_half_width_points = mean_half_width(dataset.rows);
  if (!dataset.rows.empty()) facts.missing = dataset.rows.back().id + 1 - dataset.rows.size();
  facts.wanted = wanted_samples(directory, facts.header);
  if (collect::is_study(directory))
    facts.quarantined = collect::quarantined_ids(StudyLayout{directory}.quarantine(facts.header.stage)).size();
  facts.without_energy = static_cast<std::size_t>(
      std::count_if(dataset.rows.begin(), dataset.rows.end(), [](h5::Row const& r) { return std::isnan(r.joules); }));
  auto const rule = split_rule(directory, facts.header);
  facts.split = fixed_split(dataset.rows, facts.header.stage, rule.seed, rule.held_out_fraction);
  read_baselines(directory, facts);
  return facts;
}

}  // namespace apq::dataset
