#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "common/core/atomic_file.hpp"
#include "study/stages.hpp"

namespace apq::app {
namespace {

void print_table(nlohmann::json const& search) {
  fmt::print("{:<12} {:>12} {:>11} {:>11} {:>10} {:>10} {:>10}\n", "limit on", "limit",
             search.at("fitness") == "measured" ? "measured %" : "predicted %", "latency ms", "energy mJ", "GBitOps", "size KiB");
  for (auto const& item : search.at("constraints")) {
    auto const& winner = item.at("winner");
    auto const& cost = winner.at("cost");
    auto number = [&](char const* key) { return cost.at(key).get<double>(); };
    fmt::print("{:<12} {:>12.6g} {:>11.2f} {:>11.4g} {:>10.4g} {:>10.4g} {:>10.4g}\n", item.at("metric").get<std::string>(),
               item.at("limit").get<double>(), 100 * winner.at("predicted_accuracy").get<double>(), number("latency_ms"),
               number("energy_mj"), number("bitops") / 1e9, number("size_bytes") / 1024);
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
    study::search_stage(world, experiment);
    if (!world.is_root()) return 0;
    auto const text = read_file(experiment.layout.search_summary());
    if (*format == "json") fmt::print("{}", text);
    else print_table(nlohmann::json::parse(text));
    return 0;
  };
}

}  // namespace apq::app
