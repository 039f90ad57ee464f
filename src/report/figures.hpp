#pragma once

#include <optional>
#include <vector>

#include "report/chart.hpp"
#include "report/inputs.hpp"

// The figures of a study. Accuracies are top-1 in percent. Each is nullopt when its data are not
// there.
namespace apq::report {

/// Accuracy against a cost: collected quantised samples, searched front, winners and their rivals.
std::optional<Chart> tradeoff(Inputs const& inputs, cost::Metric metric);
/// Metrics for `tradeoff` in the order to show: the one with most limits first.
std::vector<cost::Metric> tradeoff_metrics(Inputs const& inputs);
/// Metrics that tables of networks have a column for, in the order of the table of metrics.
std::vector<cost::Metric> column_metrics(Inputs const& inputs);
/// Histogram of the labels of "fp" or "quant"; both on one range.
std::optional<Chart> label_histogram(Inputs const& inputs, std::string const& stage);
/// Predicted against measured on the held-out rows of "fp", "transfer" or "scratch".
std::optional<Chart> predicted_against_measured(Inputs const& inputs, std::string const& predictor);
/// What is said of the predictor "fp", "transfer" or "scratch"; null when it is not trained.
train::Verdict const* verdict_on(study::Training const& training, std::string const& predictor);
/// Rank correlation ("kendall_tau") or error ("rmse_points") over the number of quantised training
/// rows.
std::optional<Chart> learning_curve(Inputs const& inputs, std::string const& metric);
/// Best predicted accuracy over generations, a line per limit.
std::optional<Chart> convergence(Inputs const& inputs);

std::vector<Chart> all_figures(Inputs const& inputs);

/// A value that says how large a metric is in this study, for choosing its unit.
double typical_value(Inputs const& inputs, cost::Metric metric);

}  // namespace apq::report
