// What the result rests on: labels, predictors, transfer, convergence.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/figures.hpp"
#include "report/html.hpp"
#include "report/judgement.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

struct MetricRow {
  Estimate train::Metrics::*field;
  char const* name;
  int digits;
  double factor;
  bool more_is_better;
};
constexpr MetricRow metric_rows[] = {{&train::Metrics::kendall_tau, "Kendall τ-b", 3, 1, true},
                                     {&train::Metrics::spearman, "Spearman ρ", 3, 1, true},
                                     {&train::Metrics::pairwise_accuracy, "pairs in the right order (%)", 1, 100, true},
                                     {&train::Metrics::rmse_points, "RMSE (points)", 2, 1, false}};

std::string estimate_cell(train::Metrics const& metrics, MetricRow const& row, bool sign = false) {
  auto const& e = metrics.*row.field;
  if (!std::isfinite(e.value)) return "<td>not computed</td>";
  auto const number = [&](double v) {
    return sign ? fmt::format("{:+.{}f}", v * row.factor, row.digits) : fmt::format("{:.{}f}", v * row.factor, row.digits);
  };
  auto cell = "<td><b>" + number(e.value) + "</b>";
  if (std::isfinite(e.low) && std::isfinite(e.high)) cell += "<small>" + number(e.low) + " to " + number(e.high) + "</small>";
  return cell + "</td>";
}

std::string spread(Collected const& collected) {
  std::vector<double> values;
  double seconds = 0;
  for (auto const& row : collected.dataset.rows) {
    if (row.total > 0) values.push_back(Counts{row.correct, row.total}.percent());
    seconds += row.seconds;
  }
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  auto const at = [&](double q) { return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))]; };
  double total = 0;  // mean; all alike unless the collection stopped labels early
  for (auto const& row : collected.dataset.rows) total += row.total / static_cast<double>(collected.dataset.rows.size());
  return fmt::format(
      "{} on {} each: median {:.2f}&#8239;%, from {:.2f} to {:.2f}&#8239;%; one label has a "
      "95&#8239;% error of about ±{:.1f} points; {} per label.",
      counted(values.size(), "sample"), images_seen(collected.dataset.rows), at(0.5), values.front(), values.back(),
      196 * std::sqrt(at(0.5) / 100 * (1 - at(0.5) / 100) / total), duration(seconds / static_cast<double>(values.size())));
}

}  // namespace

std::string labels_section(Inputs const& inputs) {
  std::string html = "<div class=\"pair\">\n";
  for (auto const* stage : {"fp", "quant"}) {
    bool const is_fp = std::string(stage) == "fp";
    auto const chart = label_histogram(inputs, stage);
    auto const* title = is_fp ? "Full precision" : "Quantised, mixed precision";
    if (chart) html += picture(chart, {470, 280}, title, spread(is_fp ? inputs.fp : inputs.quant));
    else
      html += fmt::format(
          "<div><h3>{}</h3>{}</div>\n", title,
          missing("No labels yet. They are made by", fmt::format("apq collect --stage {} --study {}", stage, inputs.directory)));
  }
  html += "</div>\n";
  for (auto const& sentence : inputs.unlabelled) html += fmt::format("<p class=\"missing\">{}</p>\n", escaped(sentence));
  return section("Labels", html);
}

std::string predictor_section(Inputs const& inputs) {
  auto const& t = inputs.training;
  if (!t.fp && !t.quant)
    return section("Predicted against measured", missing("No predictor yet. It is made by", "apq train --study " + inputs.directory));
  auto const panel = [&](char const* predictor, char const* title, std::size_t train_rows) {
    auto const chart = predicted_against_measured(inputs, predictor);
    if (!chart) return std::string();
    auto const& verdict = *verdict_on(t, predictor);
    auto const metric = [](Estimate const& e) {
      return std::isfinite(e.value) ? fmt::format("{:.2f} ({:.2f} to {:.2f})", e.value, e.low, e.high) : std::string("not computed");
    };
    return picture(chart, {340, 340}, title,
                   fmt::format("{}; trained on {}. Kendall τ-b {}, RMSE {} points.", counted(verdict.held_out.size(), "held-out row"),
                               grouped(train_rows), metric(verdict.metrics.kendall_tau), metric(verdict.metrics.rmse_points)));
  };
  std::size_t const quant_rows = t.quant ? t.quant->train_rows : 0;
  auto html = "<div class=\"trio\">\n" + panel("fp", "Full precision", t.fp ? t.fp->train_rows : 0) +
              panel("transfer", "Quantised, transferred", quant_rows) + panel("scratch", "Quantised, from scratch", quant_rows) +
              "</div>\n<p class=\"note\">The dashed line is a perfect prediction. Whiskers are the "
              "95&#8239;% error of the measurement itself, below which no predictor can be judged; "
              "intervals in brackets are 95&#8239;% bootstrap intervals over the held-out rows.</p>\n";
  return section("Predicted against measured", html);
}

std::string transfer_sentence(train::QuantReport const& quant) {
  auto const &tau = quant.kendall_tau_difference, &rmse = quant.rmse_points_difference;
  if (!std::isfinite(tau.value)) return "The gain of the transfer was not computed.";
  auto const clause = [](Estimate const& e, bool more_is_better, char const* what, char const* unit, int digits) {
    auto const size = fmt::format("{:.{}f}{} (95 % interval of the difference {:+.{}f} to {:+.{}f})", std::abs(e.value), digits, unit,
                                  e.low, digits, e.high, digits);
    if (is_gain(e, more_is_better)) return fmt::format("{} is better by {}", what, size);
    if (is_loss(e, more_is_better)) return fmt::format("{} is worse by {}", what, size);
    return fmt::format("{} differs by {}, which is within its error", what, size);
  };
  bool const gains = is_gain(tau, true), loses = is_loss(tau, true);
  return fmt::format(
      "On the same quantised pairs the transferred predictor {} the one from scratch in ranking: "
      "{}; {}.",
      gains   ? "beats"
      : loses ? "loses to"
              : "does not beat",
      clause(tau, true, "Kendall τ-b", "", 3), clause(rmse, false, "RMSE", " points", 2));
}

std::string transfer_section(Inputs const& inputs) {
  std::string const title = "Transfer against training from scratch";
  if (!inputs.training.quant)
    return section(title, missing("No quantised predictor yet. It is made by", "apq train --stage quant --study " + inputs.directory));
  auto const& t = *inputs.training.quant;
  auto html = "<p class=\"answer\">" + escaped(transfer_sentence(t)) + "</p>\n<div class=\"pair\">\n" +
              picture(learning_curve(inputs, "kendall_tau"), {470, 300}, "Ranking", "Higher is better.") +
              picture(learning_curve(inputs, "rmse_points"), {470, 300}, "Error", "Lower is better.") + "</div>\n";
  html += fmt::format(
      "<div class=\"scroll\"><table>\n<thead><tr><th class=\"l\">{}, {} to train "
      "on</th><th>transfer, 95&#8239;%</th><th>from scratch, 95&#8239;%</th><th>difference, "
      "95&#8239;%</th></tr></thead>\n<tbody>\n",
      counted(t.transfer.held_out.size(), "held-out row"), grouped(t.train_rows));
  auto const nan = std::numeric_limits<double>::quiet_NaN();
  train::Metrics const gain{t.kendall_tau_difference, {nan, nan, nan}, t.pairwise_accuracy_difference, t.rmse_points_difference};
  for (auto const& row : metric_rows)
    html += fmt::format("<tr><td>{}</td>{}{}{}</tr>\n", row.name, estimate_cell(t.transfer.metrics, row),
                        estimate_cell(t.scratch.metrics, row), estimate_cell(gain, row, true));
  html += "</tbody></table></div>\n";
  if (!t.curve.empty())
    html += fmt::format(
        "<p class=\"note\">Curves: mean over {} at each size. Intervals: bootstrap over the "
        "held-out rows, which are the same for both predictors.</p>\n",
        counted(static_cast<std::uint64_t>(t.curve.front().splits), "random split"));
  return section(title, html);
}

std::string convergence_section(Inputs const& inputs) {
  auto const chart = convergence(inputs);
  if (!chart)
    return section("Convergence of the search", missing("No search yet. It is made by", "apq search --study " + inputs.directory));
  auto const& s = *inputs.search;
  auto const caption = fmt::format(
      "Population {}, {} under each of {}; fitness: {}. {} scored. A line that is still rising "
      "at the end asks for more generations.",
      grouped(s.population), counted(s.generations, "generation"), counted(s.scenarios.size(), "limit"), escaped(s.fitness),
      counted(s.candidates, "candidate"));
  return section("Convergence of the search", wide_picture(*chart, caption));
}

}  // namespace apq::report
