#include "common/energy/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "common/core/record_file.hpp"
#include "common/core/utc_time.hpp"

namespace apq::energy {
namespace {

constexpr RecordFormat ledger_format{"apq ledger", 1, "restore it, or remove it: what the journals in energy/ tell of is not lost"};
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

Json json_of(StageCost const& c) {
  return {{"stage", c.stage},
          {"wall_s", c.wall_s},
          {"core_h", c.core_h},
          {"gpu_h", c.gpu_h},
          {"kwh", number_or_null(c.kwh)},
          {"useful_kwh", number_or_null(c.kwh_for.useful)},
          {"repeated_kwh", number_or_null(c.kwh_for.repeated)},
          {"lost_kwh", number_or_null(c.kwh_for.lost)},
          {"idle_kwh", number_or_null(c.kwh_for.idle)},
          {"gco2e", number_or_null(c.gco2e)},
          {"method", c.method},
          {"pue", c.pue},
          {"grid_gco2e_per_kwh", c.grid_gco2e_per_kwh},
          {"grid_source", c.grid_source},
          {"ranks", c.ranks},
          {"ended_early", c.ended_early > 0},
          {"killed", c.killed > 0}};
}

Json json_of(NodePart const& node) {
  Json devices = Json::object();
  for (auto const& [device, joules] : node.devices) devices[device] = number_or_null(joules);
  return {{"host", node.host},
          {"core_h", node.core_h},
          {"gpu_h", node.gpu_h},
          {"devices_j", std::move(devices)},
          {"useful_j", number_or_null(node.uses.useful)},
          {"repeated_j", number_or_null(node.uses.repeated)},
          {"lost_j", number_or_null(node.uses.lost)},
          {"idle_j", number_or_null(node.uses.idle)}};
}

StageRun run_of(Json const& json) {
  StageRun run;
  auto& c = run.cost;
  c.stage = json.at("stage").get<std::string>();
  c.wall_s = json.at("wall_s").get<double>();
  c.core_h = json.at("core_h").get<double>();
  c.gpu_h = json.at("gpu_h").get<double>();
  c.kwh = number_or_nan(json.at("kwh"));
  c.gco2e = number_or_nan(json.at("gco2e"));
  c.method = json.at("method").get<std::string>();
  c.pue = json.at("pue").get<double>();
  c.grid_gco2e_per_kwh = json.at("grid_gco2e_per_kwh").get<double>();
  c.grid_source = json.at("grid_source").get<std::string>();
  c.runs = 1;
  c.ended_early = json.value("ended_early", false) ? 1u : 0u;  // the oldest hold finished runs alone
  c.killed = json.value("killed", false) ? 1u : 0u;
  c.ranks = whole_number<int>(json.at("ranks"));
  auto const use = [&](char const* key) { return json.contains(key) ? number_or_nan(json.at(key)) : unknown; };
  c.kwh_for = {use("useful_kwh"), use("repeated_kwh"), use("lost_kwh"), use("idle_kwh")};
  run.job = json.value("job", "");
  run.run = json.value("run", "");
  return run;
}

// Runs of the summary; those of old, of which no journal ever told, have no job.
std::vector<StageRun> summarised(std::filesystem::path const& file) {
  std::vector<StageRun> runs;
  if (!std::filesystem::exists(file)) return runs;
  read_record(file, ledger_format, [&](Json const& json) {
    for (auto const& entry : json.at("runs")) runs.push_back(run_of(entry));
  });
  return runs;
}

void join(std::string& all, std::string const& one) {
  if (one.empty()) return;
  if (all.empty()) all = one;
  else if (("; " + all + "; ").find("; " + one + "; ") == std::string::npos) all += "; " + one;
}

using RunIndex = std::map<std::pair<std::string, std::string>, std::size_t>;  // by job and run

StageRun& run_of(std::vector<StageRun>& runs, RunIndex& index, std::string const& name, Beat const& first, JournalHeader const& header) {
  auto const [found, is_new] = index.try_emplace({header.token, name}, runs.size());
  if (!is_new) return runs[found->second];
  auto& run = runs.emplace_back();
  run.run = name;
  run.job = header.token;
  run.header = header;
  run.began = utc_before(first.at, first.wall_s);
  run.cost.stage = first.stage;
  run.cost.runs = 1;
  run.cost.pue = header.pue;
  run.cost.grid_gco2e_per_kwh = header.grid_gco2e_per_kwh;
  run.cost.grid_source = header.grid_source;
  return run;
}

// Adds what one journal says of its job's runs: a node's part of each.
void add_journal(std::vector<StageRun>& runs, RunIndex& index, Journal const& journal) {
  auto const& h = journal.header;
  struct Beats {
    NodePart part;
    Beat const* first;
    std::string began, ended_at, method;
  };
  std::map<std::string, Beats> by_run;
  for (auto const& beat : journal.beats) {
    auto& beats = by_run.try_emplace(beat.run, Beats{{}, &beat, utc_before(beat.at, beat.wall_s), beat.at, {}}).first->second;
    beats.ended_at = std::max(beats.ended_at, beat.at);
    join(beats.method, beat.method);
    auto& part = beats.part;
    part.wall_s += beat.wall_s;
    part.core_h += beat.processor_s / 3600;
    part.gpu_h += beat.gpu_s / 3600;
    for (auto const& [device, used] : beat.devices) part.devices[device] += used;
    part.uses += beat.uses;
    part.ended = beat.ended;
  }
  for (auto& [name, beats] : by_run) {
    auto& part = beats.part;
    if (part.ended == ended_names(Ended::nothing)) continue;
    part.host = h.host;
    part.processors = h.processors;
    part.gpus = part.wall_s > 0 ? static_cast<int>(std::lround(3600 * part.gpu_h / part.wall_s)) : 0;
    part.ranks = h.ranks;
    // Nobody was left to say what the rest was for.
    if (part.ended.empty()) part.uses.lost += joules_of(part) - part.uses.sum();
    auto& run = run_of(runs, index, name, *beats.first, h);
    run.began = std::min(run.began, beats.began);
    run.ended_at = std::max(run.ended_at, beats.ended_at);
    join(run.cost.method, beats.method);
    run.nodes.push_back(std::move(part));
  }
}

// Of all nodes.
void sum_up(StageRun& run) {
  auto& c = run.cost;
  auto const kwh = c.pue / joules_per_kwh;
  for (auto const& node : run.nodes) {
    c.wall_s = std::max(c.wall_s, node.wall_s);
    c.core_h += node.core_h;
    c.gpu_h += node.gpu_h;
    c.ranks += node.ranks;
    c.kwh += joules_of(node) * kwh;
    c.kwh_for += node.uses * kwh;
    if (node.ended.empty()) c.killed = 1;
    if (node.ended == ended_names(Ended::early)) c.ended_early = 1;
  }
  c.gco2e = c.kwh * c.grid_gco2e_per_kwh;
}

void add_to(StageCost& total, StageCost const& part) {
  total.wall_s += part.wall_s;
  total.core_h += part.core_h;
  total.gpu_h += part.gpu_h;
  total.kwh += part.kwh;
  total.gco2e += part.gco2e;
  total.runs += part.runs;
  total.ended_early += part.ended_early;
  total.killed += part.killed;
  total.ranks = part.ranks;
  total.pue = part.pue;
  total.grid_gco2e_per_kwh = part.grid_gco2e_per_kwh;
  total.kwh_for += part.kwh_for;
  join(total.method, part.method);
  join(total.grid_source, part.grid_source);
}

std::string cell(double value, int digits) { return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-"; }

}  // namespace

double joules_of(NodePart const& node) {
  return std::accumulate(node.devices.begin(), node.devices.end(), 0.0, [](double sum, auto const& device) { return sum + device.second; });
}

std::vector<StageRun> read_runs(StudyLayout const& layout) {
  std::vector<StageRun> runs;
  RunIndex index;
  for (auto const& journal : read_journals(layout.energy())) add_journal(runs, index, journal);
  for (auto& run : runs) sum_up(run);
  std::stable_sort(runs.begin(), runs.end(), [](StageRun const& a, StageRun const& b) { return a.began < b.began; });
  // Of a journal that is gone the summary keeps what it said.
  auto const is_told = [&](StageRun const& r) { return !r.job.empty() && index.contains({r.job, r.run}); };
  auto all = summarised(layout.ledger());
  all.erase(std::remove_if(all.begin(), all.end(), is_told), all.end());
  all.insert(all.end(), std::make_move_iterator(runs.begin()), std::make_move_iterator(runs.end()));
  return all;
}

std::vector<StageCost> totals_by_stage(std::vector<StageRun> const& runs) {
  std::vector<StageCost> stages;
  for (auto const& run : runs) {
    auto const found = std::find_if(stages.begin(), stages.end(), [&](auto const& s) { return s.stage == run.cost.stage; });
    if (found == stages.end()) stages.push_back(run.cost);
    else add_to(*found, run.cost);
  }
  return stages;
}

std::vector<StageCost> read_ledger(StudyLayout const& layout) { return totals_by_stage(read_runs(layout)); }

void write_ledger(StudyLayout const& layout) {
  Json json{{"runs", Json::array()}};
  for (auto const& run : read_runs(layout)) {
    auto entry = json_of(run.cost);
    if (!run.job.empty()) {
      entry["job"] = run.job;
      entry["run"] = run.run;
      entry["scheduler_id"] = run.header.scheduler_id;
      entry["began"] = run.began;
      entry["nodes"] = Json::array();
      for (auto const& node : run.nodes) entry["nodes"].push_back(json_of(node));
    }
    json["runs"].push_back(std::move(entry));
  }
  write_record(layout.ledger(), ledger_format, std::move(json));
}

std::vector<StageCost> read_summary(StudyLayout const& layout) {
  auto runs = summarised(layout.ledger());
  runs.erase(std::remove_if(runs.begin(), runs.end(), [](StageRun const& r) { return r.cost.killed > 0; }), runs.end());
  return totals_by_stage(runs);
}

StageCost total_of(std::vector<StageCost> const& stages) {
  StageCost total;
  for (auto const& stage : stages) add_to(total, stage);
  total.stage = "total";
  return total;
}

std::string format_ledger(std::vector<StageCost> const& stages) {
  auto text = fmt::format("{:<16} {:>4} {:>5} {:>5} {:>10} {:>9} {:>9} {:>10} {:>7} {:>9}\n", "stage", "runs", "early", "ranks", "wall s",
                          "core h", "GPU h", "kWh", "useful", "gCO2e");
  auto const line = [&](StageCost const& s) {
    auto const useful = s.kwh > 0 ? 100 * s.kwh_for.useful / s.kwh : unknown;
    text += fmt::format("{:<16} {:>4} {:>5} {:>5} {:>10} {:>9} {:>9} {:>10} {:>6}{} {:>9}\n", s.stage, s.runs, s.ended_early + s.killed,
                        s.ranks, cell(s.wall_s, 1), cell(s.core_h, 4), cell(s.gpu_h, 3), cell(s.kwh, 6), cell(useful, 1),
                        std::isfinite(useful) ? "%" : " ", cell(s.gco2e, 3));
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
