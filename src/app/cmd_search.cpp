#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "common/core/atomic_file.hpp"
#include "common/cost/cost_json.hpp"
#include "study/admission.hpp"
#include "study/stages.hpp"

namespace apq::app {
namespace {

void print_table(nlohmann::json const& search) {
  fmt::print("{:<12} {:>12} {:>11}", "limit on", "limit", search.at("fitness") == "measured" ? "measured %" : "predicted %");
  for (auto const& row : cost::metrics) fmt::print(" {:>12}", cost::column_title(row));
  fmt::print("\n");
  for (auto const& item : search.at("constraints")) {
    auto const& winner = item.at("winner");
    auto const cost = cost::cost_from_json(winner.at("cost"));
    fmt::print("{:<12} {:>12.6g} {:>11.2f}", item.at("metric").get<std::string>(), item.at("limit").get<double>(),
               100 * winner.at("predicted_accuracy").get<double>());
    for (auto const& row : cost::metrics) fmt::print(" {:>12}", cost::column_cell(row, cost.*row.field));
    fmt::print("\n");
  }
}

}  // namespace

Body add_search(CLI::App& app) {
  auto const options = add_experiment_options(app);
  auto const format = std::make_shared<std::string>("table");
  app.add_option("--format", *format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq search --study runs/quickstart --set 'search.constraints=[{metric: latency_ms, limit: 0.2}]'\n"
      "A limit that no subnet can meet is an error that names the smallest possible cost.");
  return [options, format](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    study::StudyRun run(world, experiment);
    study::admit(run, false);
    study::search_stage(run);
    if (!world.is_root()) return 0;
    auto const text = read_file(experiment.layout.search_summary());
    if (*format == "json") fmt::print("{}", text);
    else print_table(nlohmann::json::parse(text));
    return 0;
  };
}

}  // namespace apq::app
