#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "study/admission.hpp"
#include "study/train_command.hpp"

namespace apq::app {
namespace {

struct TrainOptions {
  std::string stage = "all", format = "table";
  int train_rows = 0;
  std::uint64_t seed = 0;
};

void print_line(std::string const& name, nlohmann::json const& counts, nlohmann::json const& metrics) {
  auto const interval = [&](char const* key) {
    auto const& m = metrics.at(key);
    return fmt::format("{:6.3f} [{:.3f}, {:.3f}]", m.at("value").get<double>(), m.at("low").get<double>(), m.at("high").get<double>());
  };
  fmt::print("{:16} {:>6} {:>8}  {}  {}  {}  {}\n", name, counts.at("train_rows").get<int>(), counts.at("held_out_rows").get<int>(),
             interval("kendall_tau"), interval("spearman"), interval("pairwise_accuracy"), interval("rmse_points"));
}

void print_table(nlohmann::json const& report) {
  fmt::print("{:16} {:>6} {:>8}  {:21}  {:21}  {:21}  {}\n", "predictor", "rows", "held out", "Kendall tau [95 %]", "Spearman",
             "pairwise accuracy", "RMSE, points");
  if (report.contains("fp")) {
    auto const& metrics = report["fp"]["metrics"];
    print_line("fp", report["fp"], metrics);
    if (metrics.contains("kendall_tau_within_image_size"))
      fmt::print("{:16} Kendall tau within one image size {:.3f}\n", "", metrics["kendall_tau_within_image_size"].get<double>());
  }
  if (!report.contains("quant")) return;
  auto const& quant = report["quant"];
  print_line("quant, transfer", quant, quant["transfer"]["metrics"]);
  print_line("quant, scratch", quant, quant["scratch"]["metrics"]);
  auto const& gain = quant["gain"];
  auto const difference = [&](char const* key) {
    auto const& d = gain.at(key);
    return fmt::format("{:+.3f} [{:+.3f}, {:+.3f}]", d.at("value").get<double>(), d.at("low").get<double>(), d.at("high").get<double>());
  };
  fmt::print("\ntransfer - scratch: Kendall tau {}, RMSE {} points\n", difference("kendall_tau_difference"),
             difference("rmse_points_difference"));
  for (auto const& point : quant["curve"])
    fmt::print(
        "  {:>5} training rows, mean of {} splits: Kendall tau {:.3f} against {:.3f}, RMSE {:.2f} "
        "against {:.2f} points\n",
        point["train_rows"].get<int>(), point["splits"].get<int>(), point["transfer"]["kendall_tau"].get<double>(),
        point["scratch"]["kendall_tau"].get<double>(), point["transfer"]["rmse_points"].get<double>(),
        point["scratch"]["rmse_points"].get<double>());
}

}  // namespace

Body add_train(CLI::App& app) {
  auto const experiment_options = add_experiment_options(app);
  auto const options = std::make_shared<TrainOptions>();
  app.add_option("--stage", options->stage, "fp: full precision; quant: transferred from predictor.pt, and from scratch; all: both")
      ->check(CLI::IsMember({"fp", "quant", "all"}))
      ->capture_default_str();
  app.add_option("--train-rows", options->train_rows, "Train on only so many rows of each stage (0: all); the held-out rows stay the same")
      ->check(CLI::NonNegativeNumber);
  auto* const seed = app.add_option("--seed", options->seed, "Seed of splits and initial weights (default: the study's)");
  app.add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq train --study runs/quickstart --stage all\n"
      "With --train-rows or --seed figures are printed and nothing is replaced. Else writes predictor.pt, predictor_quant.pt, "
      "predictor_quant_scratch.pt and train.json into the "
      "study.");
  return [experiment_options, options, seed](mpi::Communicator const& world) {
    auto experiment = study::load_experiment(world, *experiment_options);
    if (answered(world, experiment, *experiment_options)) return 0;
    study::StudyRun run(world, experiment);
    study::admit(run, false);
    bool const explores = options->train_rows > 0 || seed->count() > 0;
    auto const report = options->stage == "all" && !explores
                            ? study::trained(run)
                            : study::train_apart(run, {.stage = options->stage,
                                                       .train_rows = options->train_rows,
                                                       .seed = seed->count() ? options->seed : experiment.seed,
                                                       .explores = explores});
    if (world.is_root()) {
      if (options->format == "json") fmt::print("{}\n", report.dump(2));
      else print_table(report);
      std::fflush(stdout);
    }
    return 0;
  };
}

}  // namespace apq::app
