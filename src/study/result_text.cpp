#include "study/result_text.hpp"

#include <fmt/format.h>

namespace apq::study {
namespace {

std::string predictor_line(std::string const& name, std::size_t train_rows, train::Verdict const& verdict) {
  auto const interval = [](train::Estimate const& e) { return fmt::format("{:6.3f} [{:.3f}, {:.3f}]", e.value, e.low, e.high); };
  auto const& m = verdict.metrics;
  return fmt::format("{:16} {:>6} {:>8}  {}  {}  {}  {}\n", name, train_rows, verdict.held_out.size(), interval(m.kendall_tau),
                     interval(m.spearman), interval(m.pairwise_accuracy), interval(m.rmse_points));
}

}  // namespace

std::string table_of(Training const& training) {
  auto text = fmt::format("{:16} {:>6} {:>8}  {:21}  {:21}  {:21}  {}\n", "predictor", "rows", "held out", "Kendall tau [95 %]", "Spearman",
                          "pairwise accuracy", "RMSE, points");
  if (auto const& fp = training.fp) {
    text += predictor_line("fp", fp->train_rows, fp->verdict);
    if (fp->kendall_tau_within_size)
      text += fmt::format("{:16} Kendall tau within one image size {:.3f}\n", "", *fp->kendall_tau_within_size);
  }
  if (!training.quant) return text;
  auto const& quant = *training.quant;
  text += predictor_line("quant, transfer", quant.train_rows, quant.transfer);
  text += predictor_line("quant, scratch", quant.train_rows, quant.scratch);
  auto const difference = [](train::Estimate const& d) { return fmt::format("{:+.3f} [{:+.3f}, {:+.3f}]", d.value, d.low, d.high); };
  text += fmt::format("\ntransfer - scratch: Kendall tau {}, RMSE {} points\n", difference(quant.kendall_tau_difference),
                      difference(quant.rmse_points_difference));
  for (auto const& point : quant.curve)
    text += fmt::format("  {:>5} training rows, mean of {} splits: Kendall tau {:.3f} against {:.3f}, RMSE {:.2f} against {:.2f} points\n",
                        point.train_rows, point.splits, point.transfer.kendall_tau, point.scratch.kendall_tau, point.transfer.rmse_points,
                        point.scratch.rmse_points);
  return text;
}

std::string table_of(Search const& search) {
  auto text = fmt::format("{:<12} {:>12} {:>11}", "limit on", "limit", search.fitness == "measured" ? "measured %" : "predicted %");
  for (auto const& row : cost::metrics) text += fmt::format(" {:>12}", cost::column_title(row));
  text += "\n";
  for (auto const& scenario : search.scenarios) {
    auto const& [limits, quantile, network] = scenario.winner;
    text += fmt::format("{:<12} {:>12.6g} {:>11.2f}", cost::name_of(limits.front().metric), limits.front().value, 100 * network.fitness);
    for (auto const& row : cost::metrics) text += fmt::format(" {:>12}", cost::column_cell(row, network.cost.*row.field));
    text += "\n";
  }
  return text;
}

}  // namespace apq::study
