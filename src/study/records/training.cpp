#include "study/records/training.hpp"

namespace apq::study {
namespace {

using train::Estimate, train::Metrics, train::Verdict;

struct NamedEstimate {
  char const* name;
  Estimate Metrics::*field;
};
constexpr NamedEstimate estimates[] = {{"kendall_tau", &Metrics::kendall_tau},
                                       {"spearman", &Metrics::spearman},
                                       {"pairwise_accuracy", &Metrics::pairwise_accuracy},
                                       {"rmse_points", &Metrics::rmse_points}};

Json json_of(Estimate const& e) {
  return {{"value", number_or_null(e.value)}, {"low", number_or_null(e.low)}, {"high", number_or_null(e.high)}};
}
Estimate estimate_of(Json const& json) {
  return {number_or_nan(json.at("value")), number_or_nan(json.at("low")), number_or_nan(json.at("high"))};
}

Json json_of(Verdict const& verdict) {
  Json json{{"metrics", Json::object()}, {"held_out", Json::array()}};
  for (auto const& e : estimates) json["metrics"][e.name] = json_of(verdict.metrics.*e.field);
  for (auto const& row : verdict.held_out)
    json["held_out"].push_back(
        {{"id", row.id}, {"predicted", number_or_null(row.predicted)}, {"correct", row.correct}, {"total", row.total}});
  return json;
}
Verdict verdict_of(Json const& json) {
  Verdict verdict;
  for (auto const& e : estimates) verdict.metrics.*e.field = estimate_of(json.at("metrics").at(e.name));
  for (auto const& row : json.at("held_out"))
    verdict.held_out.push_back({whole_number<std::uint64_t>(row.at("id")), number_or_nan(row.at("predicted")),
                                whole_number<std::uint32_t>(row.at("correct")), whole_number<std::uint32_t>(row.at("total"))});
  return verdict;
}

Json json_of(train::CurvePoint::Mean const& mean) {
  return {{"kendall_tau", number_or_null(mean.kendall_tau)},
          {"pairwise_accuracy", number_or_null(mean.pairwise_accuracy)},
          {"rmse_points", number_or_null(mean.rmse_points)}};
}
train::CurvePoint::Mean mean_of(Json const& json) {
  return {number_or_nan(json.at("kendall_tau")), number_or_nan(json.at("pairwise_accuracy")), number_or_nan(json.at("rmse_points"))};
}

template <class Report>
Json counts_of(Report const& report, std::size_t held_out) {
  return {{"rows", report.rows},
          {"train_rows", report.train_rows},
          {"held_out_rows", held_out},
          {"data_hash", report.data_hash},
          {"model", report.model}};
}
template <class Report>
void read_counts(Report& report, Json const& json) {
  report.rows = whole_number<std::size_t>(json.at("rows"));
  report.train_rows = whole_number<std::size_t>(json.at("train_rows"));
  report.data_hash = json.at("data_hash").get<std::string>();
  report.model = json.at("model").get<std::string>();
}

Json json_of(train::FpReport const& report) {
  auto json = counts_of(report, report.verdict.held_out.size());
  json.update(json_of(report.verdict));
  if (report.kendall_tau_within_size) json["metrics"]["kendall_tau_within_image_size"] = number_or_null(*report.kendall_tau_within_size);
  return json;
}
train::FpReport fp_of(Json const& json) {
  train::FpReport report;
  read_counts(report, json);
  report.verdict = verdict_of(json);
  auto const& metrics = json.at("metrics");
  if (metrics.contains("kendall_tau_within_image_size"))
    report.kendall_tau_within_size = number_or_nan(metrics.at("kendall_tau_within_image_size"));
  return report;
}

Json json_of(train::QuantReport const& report) {
  auto json = counts_of(report, report.transfer.held_out.size());
  json["transfer"] = json_of(report.transfer);
  json["scratch"] = json_of(report.scratch);
  json["gain"] = {{"kendall_tau_difference", json_of(report.kendall_tau_difference)},
                  {"pairwise_accuracy_difference", json_of(report.pairwise_accuracy_difference)},
                  {"rmse_points_difference", json_of(report.rmse_points_difference)}};
  json["curve"] = Json::array();
  for (auto const& point : report.curve)
    json["curve"].push_back({{"train_rows", point.train_rows},
                             {"splits", point.splits},
                             {"transfer", json_of(point.transfer)},
                             {"scratch", json_of(point.scratch)}});
  return json;
}
train::QuantReport quant_of(Json const& json) {
  train::QuantReport report;
  read_counts(report, json);
  report.transfer = verdict_of(json.at("transfer"));
  report.scratch = verdict_of(json.at("scratch"));
  auto const& gain = json.at("gain");
  report.kendall_tau_difference = estimate_of(gain.at("kendall_tau_difference"));
  report.pairwise_accuracy_difference = estimate_of(gain.at("pairwise_accuracy_difference"));
  report.rmse_points_difference = estimate_of(gain.at("rmse_points_difference"));
  for (auto const& point : json.at("curve"))
    report.curve.push_back({whole_number<std::size_t>(point.at("train_rows")), whole_number<int>(point.at("splits")),
                            mean_of(point.at("transfer")), mean_of(point.at("scratch"))});
  return report;
}

}  // namespace

Json to_json(Training const& training) {
  auto json = Json::object();
  if (training.fp) json["fp"] = json_of(*training.fp);
  if (training.quant) json["quant"] = json_of(*training.quant);
  return json;
}

Training training_from_json(Json const& json) {
  Training training;
  if (json.contains("fp")) training.fp = fp_of(json.at("fp"));
  if (json.contains("quant")) training.quant = quant_of(json.at("quant"));
  return training;
}

void write_training(std::filesystem::path const& file, Training const& training) { write_record(file, training_format, to_json(training)); }

Training read_training(std::filesystem::path const& file) {
  Training training;
  read_record(file, training_format, [&](Json const& json) { training = training_from_json(json); });
  return training;
}

}  // namespace apq::study
