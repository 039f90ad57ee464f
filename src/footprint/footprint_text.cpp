#include "footprint/footprint_text.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/record_file.hpp"

namespace apq::footprint {
namespace {

std::string cell(double value) { return std::isfinite(value) ? fmt::format("{:.4g}", value) : "-"; }
std::string cell(std::optional<double> value, char const* unit) { return value ? fmt::format("{:.4g} {}", *value, unit) : "-"; }
Json number(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

constexpr auto columns = " {:>9} {:>7} {:>10} {:>7} {:>8} {:>6} {:>6}";
std::string const titles = fmt::format(columns, "core h", "GPU h", "kWh", "useful", "repeated", "lost", "idle");

// Hours, energy and what it was for, in per cent of it.
std::string cells(double core_h, double gpu_h, double kwh, energy::Uses const& uses) {
  auto const part = [&](double use) { return std::isfinite(use) && kwh > 0 ? fmt::format("{:.1f}%", 100 * use / kwh) : std::string("-"); };
  return fmt::format(columns, cell(core_h), cell(gpu_h), cell(kwh), part(uses.useful), part(uses.repeated), part(uses.lost),
                     part(uses.idle));
}
std::string cells(Share const& s) { return cells(s.core_h, s.gpu_h, s.kwh, s.kwh_for); }

std::string line(std::string const& name, StageFootprint const& s) {
  auto const& c = s.cost;
  return fmt::format("{:<13} {:>9}{} {:>10} {:>11}\n", name, cell(c.wall_s), cells(c.core_h, c.gpu_h, c.kwh, c.kwh_for), cell(s.site_gco2e),
                     cell(s.reference_gco2e));
}

std::string or_dash(std::string const& word) { return word.empty() ? "-" : word; }

Json json_of(energy::Uses const& uses) {
  return {{"useful", number_or_null(uses.useful)},
          {"repeated", number_or_null(uses.repeated)},
          {"lost", number_or_null(uses.lost)},
          {"idle", number_or_null(uses.idle)}};
}

Json json_of(Share const& s, char const* what) {
  return {{what, s.name},
          {"core_h", number_or_null(s.core_h)},
          {"gpu_h", number_or_null(s.gpu_h)},
          {"kwh", number_or_null(s.kwh)},
          {"kwh_for", json_of(s.kwh_for)}};
}

Json json_of(std::string const& name, StageFootprint const& s) {
  return {{"stage", name},
          {"runs", s.cost.runs},
          {"ended_early", s.cost.ended_early},
          {"killed", s.cost.killed},
          {"wall_s", s.cost.wall_s},
          {"core_h", s.cost.core_h},
          {"gpu_h", s.cost.gpu_h},
          {"kwh", number_or_null(s.cost.kwh)},
          {"kwh_for", json_of(s.cost.kwh_for)},
          {"site_gco2e", number_or_null(s.site_gco2e)},
          {"reference_gco2e", number_or_null(s.reference_gco2e)}};
}

}  // namespace

std::string footprint_table(Footprint const& f) {
  auto text = fmt::format("{:<13} {:>9}{} {:>10} {:>11}\n", "stage", "wall s", titles, "gCO2e here", "reference");
  for (auto const& stage : f.stages) text += line(stage.cost.stage, stage);
  if (f.stages.size() > 1) text += line("total", f.total);
  auto const& s = f.sci;
  text += fmt::format("energy: {}; PUE {:g}\nhere: {}, {}\nreference: {:g} gCO2e/kWh, {}\n", f.total.cost.method, f.total.cost.pue,
                      cell(s.intensity_gco2e_per_kwh, "gCO2e/kWh"), f.site_source, f.reference.gco2e_per_kwh, f.reference.source);
  text += fmt::format("SCI (ISO/IEC 21031:2024): E {}, I {}, M {}, R {}: {}\n", cell(s.energy_kwh, "kWh"),
                      cell(s.intensity_gco2e_per_kwh, "gCO2e/kWh"), s.embodied_gco2e ? cell(s.embodied_gco2e, "gCO2e") : "not declared",
                      s.functional_units ? fmt::format("{:g} {}", *s.functional_units,
                                                       s.functional_unit == "study" ? s.functional_unit : s.functional_unit + "s")
                                         : "not declared",
                      s.score() ? fmt::format("{:.4g} gCO2e a {}", *s.score(), s.functional_unit) : "no score");
  if (f.total.cost.gpu_h > 0)
    text += fmt::format("in the terms of the APQ paper's table, {} lb a GPU-hour whatever the GPU and the grid: {:.4g} lb CO2e\n",
                        paper_lb_per_gpu_hour, f.total.cost.gpu_h * paper_lb_per_gpu_hour);
  return text;
}

std::string what_if_table(std::vector<WhatIf> const& rows) {
  auto text = fmt::format("{:<30} {:>9} {:>10} {:>9} {:>11} {:>11}\n", "the same study", "wall h", "core h", "GPU h", "kWh", "gCO2e");
  for (auto const& r : rows)
    text += fmt::format("{:<30.30} {:>9} {:>10} {:>9} {:>11} {:>11}\n", r.what, cell(r.wall_h), cell(r.core_h), cell(r.gpu_h), cell(r.kwh),
                        cell(r.gco2e));
  return text;
}

std::string jobs_table(std::vector<JobShare> const& jobs) {
  auto text = fmt::format("{:<20}{}  {:<12} {}\n", "began", titles, "scheduler", "user, account, partition; hosts; stages; job");
  for (auto const& job : jobs) {
    auto const& h = job.header;
    text += fmt::format("{:<20}{}  {:<12} {}, {}, {}; {}; {}; {}\n", job.began, cells(job.share), or_dash(h.scheduler_id), or_dash(h.user),
                        or_dash(h.account), or_dash(h.partition), fmt::join(job.hosts, " "), fmt::join(job.stages, " "), job.share.name);
  }
  return text;
}

std::string shares_table(char const* what, std::vector<Share> const& shares) {
  std::size_t width = std::string_view(what).size();
  for (auto const& share : shares) width = std::max(width, share.name.size());
  auto text = fmt::format("{:<{}}{}\n", what, width, titles);
  for (auto const& share : shares) text += fmt::format("{:<{}}{}\n", share.name, width, cells(share));
  return text;
}

std::string footprint_json(Footprint const& f, std::vector<energy::StageRun> const& runs, std::vector<WhatIf> const& rows) {
  Json json{{"stages", Json::array()}, {"total", json_of("total", f.total)}};
  for (auto const& stage : f.stages) json["stages"].push_back(json_of(stage.cost.stage, stage));
  json["jobs"] = Json::array();
  for (auto const& job : by_job(runs)) {
    auto entry = json_of(job.share, "job");
    auto const& h = job.header;
    entry.update({{"scheduler_id", h.scheduler_id},
                  {"user", h.user},
                  {"account", h.account},
                  {"partition", h.partition},
                  {"command", h.command},
                  {"began", job.began},
                  {"ended", job.ended_at},
                  {"hosts", job.hosts},
                  {"stages", job.stages}});
    json["jobs"].push_back(std::move(entry));
  }
  json["nodes"] = Json::array();
  for (auto const& share : by_node(runs)) json["nodes"].push_back(json_of(share, "node"));
  json["devices"] = Json::array();
  for (auto const& share : by_device(runs)) json["devices"].push_back(json_of(share, "device"));
  json["method"] = f.total.cost.method;
  json["pue"] = f.total.cost.pue;
  json["site_grid"] = {{"gco2e_per_kwh", number(f.sci.intensity_gco2e_per_kwh)}, {"source", f.site_source}};
  json["reference_grid"] = {{"gco2e_per_kwh", f.reference.gco2e_per_kwh}, {"source", f.reference.source}};
  auto const& s = f.sci;
  json["sci"] = {{"standard", "ISO/IEC 21031:2024"},
                 {"E_kwh", number(s.energy_kwh)},
                 {"I_gco2e_per_kwh", number(s.intensity_gco2e_per_kwh)},
                 {"M_gco2e", s.embodied_gco2e ? Json(*s.embodied_gco2e) : Json("not declared")},
                 {"R", number(s.functional_units)},
                 {"functional_unit", s.functional_units ? Json(s.functional_unit) : Json(nullptr)},
                 {"gco2e_per_functional_unit", number(s.score())}};
  json["paper_lb_co2e"] = f.total.cost.gpu_h > 0 ? Json(f.total.cost.gpu_h * paper_lb_per_gpu_hour) : Json(nullptr);
  json["what_if"] = Json::array();
  for (auto const& r : rows)
    json["what_if"].push_back({{"what", r.what},
                               {"wall_h", r.wall_h},
                               {"core_h", r.core_h},
                               {"gpu_h", r.gpu_h},
                               {"kwh", number_or_null(r.kwh)},
                               {"gco2e", number_or_null(r.gco2e)}});
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";  // names of hosts and files may be any bytes
}

}  // namespace apq::footprint
