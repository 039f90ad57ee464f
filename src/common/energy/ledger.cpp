#include "common/energy/ledger.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/core/record_file.hpp"

namespace apq::energy {
namespace {

constexpr RecordFormat ledger_format{"apq ledger", 1, "remove the file to begin a new one"};

Json json_of(StageCost const& run) {
  return {{"stage", run.stage},
          {"wall_s", run.wall_s},
          {"core_h", run.core_h},
          {"gpu_h", run.gpu_h},
          {"kwh", number_or_null(run.kwh)},
          {"gco2e", number_or_null(run.gco2e)},
          {"method", run.method},
          {"pue", run.pue},
          {"grid_gco2e_per_kwh", run.grid_gco2e_per_kwh},
          {"grid_source", run.grid_source},
          {"ranks", run.ranks},
          {"ended_early", run.ended_early > 0}};
}

StageCost run_of(Json const& json) {
  return {json.at("stage").get<std::string>(),
          json.at("wall_s").get<double>(),
          json.at("core_h").get<double>(),
          json.at("gpu_h").get<double>(),
          number_or_nan(json.at("kwh")),
          number_or_nan(json.at("gco2e")),
          json.at("method").get<std::string>(),
          json.at("pue").get<double>(),
          json.at("grid_gco2e_per_kwh").get<double>(),
          json.at("grid_source").get<std::string>(),
          1,
          json.value("ended_early", false) ? 1u : 0u,  // older ledgers hold finished runs alone
          whole_number<int>(json.at("ranks"))};
}

std::vector<StageCost> read_runs(std::filesystem::path const& file) {
  if (!std::filesystem::exists(file)) return {};
  std::vector<StageCost> runs;
  read_record(file, ledger_format, [&](Json const& json) {
    for (auto const& run : json.at("runs")) runs.push_back(run_of(run));
  });
  return runs;
}

void add_to(StageCost& total, StageCost const& part) {
  total.wall_s += part.wall_s;
  total.core_h += part.core_h;
  total.gpu_h += part.gpu_h;
  total.kwh += part.kwh;
  total.gco2e += part.gco2e;
  total.runs += part.runs;
  total.ended_early += part.ended_early;
  total.ranks = part.ranks;
  total.pue = part.pue;
  total.grid_gco2e_per_kwh = part.grid_gco2e_per_kwh;
  auto const join = [](std::string& all, std::string const& one) {
    if (all.empty()) all = one;
    else if (("; " + all + "; ").find("; " + one + "; ") == std::string::npos) all += "; " + one;
  };
  join(total.method, part.method);
  join(total.grid_source, part.grid_source);
}

std::vector<StageCost> totals_by_stage(std::vector<StageCost> const& runs) {
  std::vector<StageCost> stages;
  for (auto const& run : runs) {
    auto const found = std::find_if(stages.begin(), stages.end(), [&](auto const& s) { return s.stage == run.stage; });
    if (found == stages.end()) stages.push_back(run);
    else add_to(*found, run);
  }
  return stages;
}

std::string cell(double value, int digits) { return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-"; }

}  // namespace

StageCost add_run(std::filesystem::path const& ledger, StageCost const& run) {
  auto runs = read_runs(ledger);
  runs.push_back(run);
  runs.back().runs = 1;
  Json json{{"runs", Json::array()}};
  for (auto const& r : runs) json["runs"].push_back(json_of(r));
  write_record(ledger, ledger_format, std::move(json));
  auto const stages = totals_by_stage(runs);
  return *std::find_if(stages.begin(), stages.end(), [&](auto const& s) { return s.stage == run.stage; });
}

std::vector<StageCost> read_ledger(std::filesystem::path const& file) { return totals_by_stage(read_runs(file)); }

StageCost total_of(std::vector<StageCost> const& stages) {
  StageCost total;
  for (auto const& stage : stages) add_to(total, stage);
  total.stage = "total";
  return total;
}

std::string format_ledger(std::vector<StageCost> const& stages) {
  auto text = fmt::format("{:<16} {:>4} {:>5} {:>5} {:>10} {:>9} {:>9} {:>10} {:>9}\n", "stage", "runs", "early", "ranks", "wall s",
                          "core h", "GPU h", "kWh", "gCO2e");
  auto const line = [&](StageCost const& s) {
    text += fmt::format("{:<16} {:>4} {:>5} {:>5} {:>10} {:>9} {:>9} {:>10} {:>9}\n", s.stage, s.runs, s.ended_early, s.ranks,
                        cell(s.wall_s, 1), cell(s.core_h, 4), cell(s.gpu_h, 3), cell(s.kwh, 6), cell(s.gco2e, 3));
  };
  for (auto const& stage : stages) line(stage);
  if (stages.empty()) return text;
  auto const total = total_of(stages);
  if (stages.size() > 1) line(total);
  text +=
      fmt::format("energy: {}; PUE {:g}; grid {:g} gCO2e/kWh, {}\n", total.method, total.pue, total.grid_gco2e_per_kwh, total.grid_source);
  return text;
}

}  // namespace apq::energy
