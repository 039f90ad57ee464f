#include "report/figures.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/axis.hpp"
#include "report/judgement.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

using cost::Metric;
constexpr char const* accuracy_title = "top-1 accuracy (%)";

Point measured_point(double x, Counts const& counts) {
  auto const interval = percent_interval(counts);
  return {x, counts.percent(), interval.low, interval.high, {}};
}

// Best predicted accuracy among the points that cost at most x: a staircase over one metric.
std::vector<Point> staircase(std::vector<search::Candidate> const& front, Metric metric, double factor) {
  std::vector<std::pair<double, double>> points;
  for (auto const& p : front)
    if (double const x = cost::value_of(p.cost, metric); std::isfinite(x)) points.emplace_back(x * factor, -100 * p.fitness);
  std::sort(points.begin(), points.end());
  std::vector<Point> stairs;
  for (auto const& [x, negative] : points)
    if (stairs.empty() || -negative > stairs.back().y) stairs.push_back({x, -negative});
  return stairs;
}

}  // namespace

double typical_value(Inputs const& inputs, Metric metric) {
  double largest = 0;
  auto const see = [&](cost::Cost const& cost) {
    if (double const v = cost::value_of(cost, metric); std::isfinite(v)) largest = std::max(largest, v);
  };
  for (auto const& cost : inputs.quant.costs) see(cost);
  for (auto const& w : inputs.verification.winners) see(w.network.cost);
  if (inputs.search)
    for (auto const& p : inputs.search->front) see(p.cost);
  return largest;
}

std::vector<Metric> tradeoff_metrics(Inputs const& inputs) {
  std::vector<Metric> metrics;
  for (auto const& row : cost::metrics)
    if (row.prominence == cost::Prominence::figure) metrics.push_back(row.metric);
  auto const limits = [&](Metric m) {
    return std::count_if(inputs.verification.winners.begin(), inputs.verification.winners.end(),
                         [&](auto const& w) { return w.limits.front().metric == m; });
  };
  for (auto const& w : inputs.verification.winners)
    if (std::find(metrics.begin(), metrics.end(), w.limits.front().metric) == metrics.end()) metrics.push_back(w.limits.front().metric);
  std::stable_sort(metrics.begin(), metrics.end(), [&](auto a, auto b) { return limits(a) > limits(b); });
  return metrics;
}

std::vector<Metric> column_metrics(Inputs const& inputs) {
  std::vector<Metric> metrics;
  auto const is_limited = [&](Metric m) {
    return std::any_of(inputs.verification.winners.begin(), inputs.verification.winners.end(),
                       [&](auto const& w) { return w.limits.front().metric == m; });
  };
  for (auto const& row : cost::metrics)
    if (row.prominence != cost::Prominence::limited || is_limited(row.metric)) metrics.push_back(row.metric);
  return metrics;
}

std::optional<Chart> tradeoff(Inputs const& inputs, Metric metric) {
  auto const words = metric_text(metric, typical_value(inputs, metric));
  auto const x_of = [&](cost::Cost const& cost) { return cost::value_of(cost, metric) * words.factor; };
  Series cloud{"collected sample (validation images)", Form::dots, Tone::quiet, {}};
  for (std::size_t i = 0; i < inputs.quant.dataset.rows.size(); ++i) {
    auto const& row = inputs.quant.dataset.rows[i];
    double const x = x_of(inputs.quant.costs[i]);
    if (row.total > 0 && std::isfinite(x)) cloud.points.push_back({x, Counts{row.correct, row.total}.percent()});
  }
  Series front{"searched front (predicted)", Form::step, Tone::blue, {}};
  if (inputs.search) front.points = staircase(inputs.search->front, metric, words.factor);
  Series rivals{"best collected under the limit (test images)", Form::diamonds, Tone::green, {}};
  Series others{"winner under another limit (test images)", Form::rings, Tone::orange, {}};
  Series winners{"winner (test images, 95 %)", Form::dots, Tone::orange, {}};
  Chart chart{fmt::format("front_{}", cost::name_of(metric)),
              fmt::format("Accuracy against {}: collected samples, searched front, verified winners", words.name),
              {words.axis()},
              {accuracy_title},
              {},
              {}};
  for (auto const& w : inputs.verification.winners) {
    auto point = measured_point(x_of(w.network.cost), w.network.test);
    if (w.limits.front().metric != metric) {
      others.points.push_back(point);
      continue;
    }
    point.label = fmt::format("{:.1f} %", point.y);
    winners.points.push_back(point);
    if (w.best_collected) rivals.points.push_back(measured_point(x_of(w.best_collected->network.cost), w.best_collected->network.test));
    chart.limits.push_back(w.limits.front().value * words.factor);
  }
  if (cloud.points.empty() && front.points.empty() && winners.points.empty() && others.points.empty()) return std::nullopt;
  chart.series = {std::move(cloud), std::move(front), std::move(others), std::move(rivals), std::move(winners)};
  return chart;
}

std::optional<Chart> label_histogram(Inputs const& inputs, std::string const& stage) {
  auto const percents = [](Collected const& collected) {
    std::vector<double> values;
    for (auto const& row : collected.dataset.rows)
      if (row.total > 0) values.push_back(Counts{row.correct, row.total}.percent());
    return values;
  };
  auto const fp = percents(inputs.fp), quant = percents(inputs.quant);
  auto const& mine = stage == "fp" ? fp : quant;
  if (mine.empty()) return std::nullopt;
  double low = 100, high = 0;
  for (auto const* values : {&fp, &quant})
    for (double const v : *values) low = std::min(low, v), high = std::max(high, v);
  // Both histograms share bins whose edges are round numbers.
  auto const ticks = linear_ticks(low, std::max(high, low + 0.5), 24);
  double const bin = ticks.size() > 1 ? ticks[1].value - ticks[0].value : 0.1;
  double const first = std::floor(low / bin + 1e-9) * bin;
  auto const num_bins = static_cast<std::size_t>(std::floor((high - first) / bin + 1e-9)) + 1;
  std::vector<double> heights(num_bins);
  for (double const v : mine) ++heights[std::min(num_bins - 1, static_cast<std::size_t>((v - first) / bin + 1e-9))];
  bool const is_fp = stage == "fp";
  Series bars{"", Form::bars, is_fp ? Tone::blue : Tone::orange, {}};
  for (std::size_t i = 0; i < num_bins; ++i) {
    Point p{first + static_cast<double>(i) * bin, heights[i]};
    p.x_end = p.x + bin;
    bars.points.push_back(p);
  }
  return Chart{"labels_" + stage, fmt::format("Distribution of the accuracy of {} samples", is_fp ? "full-precision" : "quantised"),
               {accuracy_title},  {"samples"},
               {std::move(bars)}, {}};
}

train::Verdict const* verdict_on(study::Training const& training, std::string const& predictor) {
  if (predictor == "fp") return training.fp ? &training.fp->verdict : nullptr;
  if (!training.quant) return nullptr;
  return predictor == "transfer" ? &training.quant->transfer : &training.quant->scratch;
}

std::optional<Chart> predicted_against_measured(Inputs const& inputs, std::string const& predictor) {
  auto const* const verdict = verdict_on(inputs.training, predictor);
  if (!verdict || verdict->held_out.empty()) return std::nullopt;
  Series rows{"held-out sample, 95 % of the measurement",
              Form::dots,
              predictor == "fp"         ? Tone::blue
              : predictor == "transfer" ? Tone::orange
                                        : Tone::purple,
              {}};
  DataRange range{100, 0};
  // A whisker per row is legible for some hundred rows only.
  bool const with_intervals = verdict->held_out.size() <= 250;
  if (!with_intervals) rows.name = "held-out sample";
  for (auto const& row : verdict->held_out) {
    if (row.total == 0 || !std::isfinite(row.predicted)) continue;
    auto point = measured_point(100 * row.predicted, {row.correct, row.total});
    if (!with_intervals) point.low = point.high = std::numeric_limits<double>::quiet_NaN();
    rows.points.push_back(point);
    range.low = std::min({range.low, point.x, point.y});
    range.high = std::max({range.high, point.x, point.y});
  }
  range = padded(range, 0.06);
  Chart chart;
  chart.name = "predicted_" + predictor;
  chart.description = "Predicted against measured accuracy on samples that the predictor never saw";
  chart.x.title = "predicted top-1 (%)";
  chart.x.low = range.low;
  chart.x.high = range.high;
  chart.y.title = "measured top-1 (%)";
  chart.series = {std::move(rows)};
  chart.diagonal = true;
  return chart;
}

std::optional<Chart> learning_curve(Inputs const& inputs, std::string const& metric) {
  if (!inputs.training.quant || inputs.training.quant->curve.empty()) return std::nullopt;
  Series transfer{"transfer", Form::line, Tone::blue, {}, true}, scratch{"from scratch", Form::dashed, Tone::orange, {}, true};
  bool const is_tau = metric == "kendall_tau";
  auto const add = [&](Series& series, std::size_t train_rows, train::CurvePoint::Mean const& mean) {
    double const y = is_tau ? mean.kendall_tau : mean.rmse_points;
    if (std::isfinite(y)) series.points.push_back({static_cast<double>(train_rows), y});
  };
  for (auto const& p : inputs.training.quant->curve) {
    add(transfer, p.train_rows, p.transfer);
    add(scratch, p.train_rows, p.scratch);
  }
  if (transfer.points.empty() && scratch.points.empty()) return std::nullopt;
  Chart chart;
  chart.name = is_tau ? "transfer_rank" : "transfer_error";
  chart.description = "Transferred predictor and predictor from scratch over the number of quantised training rows";
  chart.x.title = "quantised training rows";
  chart.y.title = is_tau ? "Kendall τ-b on held-out rows" : "RMSE on held-out rows (points)";
  chart.series = {std::move(scratch), std::move(transfer)};
  return chart;
}

std::optional<Chart> convergence(Inputs const& inputs) {
  if (!inputs.search) return std::nullopt;
  Chart chart{
      "convergence", "Best predicted accuracy over the generations of the search", {"generation"}, {"best predicted top-1 (%)"}, {}, {}};
  constexpr Tone tones[] = {Tone::blue, Tone::orange, Tone::green, Tone::purple, Tone::amber, Tone::ink};
  for (std::size_t i = 0; i < inputs.search->scenarios.size(); ++i) {
    auto const& history = inputs.search->scenarios[i].history;
    auto const& limit = inputs.search->scenarios[i].winner.limits.front();
    if (history.empty()) continue;
    auto const words = metric_text(limit.metric, typical_value(inputs, limit.metric));
    // "M" alone would not tell BitOps from MACs.
    auto const unit = words.unit.size() < 2 ? words.unit + " " + words.name : words.unit;
    Series line{fmt::format("{} {}", figure(limit.value * words.factor), unit),
                (i / std::size(tones)) % 2 ? Form::dashed : Form::step,
                tones[i % std::size(tones)],
                {},
                true};
    for (auto const& g : history)
      if (std::isfinite(g.best)) line.points.push_back({static_cast<double>(g.generation), 100 * g.best});
    chart.series.push_back(std::move(line));
  }
  if (chart.series.empty()) return std::nullopt;
  return chart;
}

std::vector<Chart> all_figures(Inputs const& inputs) {
  std::vector<Chart> charts;
  auto const add = [&](std::optional<Chart> chart) {
    if (chart) charts.push_back(std::move(*chart));
  };
  for (auto const metric : tradeoff_metrics(inputs)) add(tradeoff(inputs, metric));
  for (auto const* stage : {"fp", "quant"}) add(label_histogram(inputs, stage));
  for (auto const* predictor : {"fp", "transfer", "scratch"}) add(predicted_against_measured(inputs, predictor));
  for (auto const* metric : {"kendall_tau", "rmse_points"}) add(learning_curve(inputs, metric));
  add(convergence(inputs));
  return charts;
}

}  // namespace apq::report
