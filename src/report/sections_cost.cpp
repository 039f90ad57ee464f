// What the study cost and where it came from.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/build_info.hpp"
#include "footprint/breakdown.hpp"
#include "footprint/footprint.hpp"
#include "report/html.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

struct Use {
  char const* name;
  double energy::Uses::*value;
};
constexpr Use uses[] = {
    {"useful", &energy::Uses::useful}, {"repeated", &energy::Uses::repeated}, {"lost", &energy::Uses::lost}, {"idle", &energy::Uses::idle}};

std::string percent(double part, double all) {
  return std::isfinite(part) && all > 0 ? fmt::format("{:.1f}&#8239;%", 100 * part / all) : "–";
}

// What the energy was for, as a bar.
std::string bar(energy::Uses const& kwh_for, double kwh) {
  if (!(kwh > 0) || !std::isfinite(kwh_for.useful + kwh_for.repeated + kwh_for.lost + kwh_for.idle)) return {};
  std::string parts;
  for (auto const& use : uses)
    parts += fmt::format("<i class=\"{}\" style=\"width:{:.1f}%\"></i>", use.name, std::max(0.0, 100 * kwh_for.*use.value / kwh));
  return "<span class=\"uses\">" + parts + "</span>";
}

std::string energy_cells(double kwh, energy::Uses const& kwh_for) {
  auto cells = fmt::format("<td>{}{}</td>", figure(kwh), bar(kwh_for, kwh));
  for (auto const& use : uses) cells += fmt::format("<td>{}</td>", percent(kwh_for.*use.value, kwh));
  return cells;
}

std::string row_of(footprint::StageFootprint const& stage, double total_wall, char const* css) {
  auto const& s = stage.cost;
  auto const share =
      *css ? "" : fmt::format("<span class=\"share\" style=\"width:{:.0f}%\"></span>", total_wall > 0 ? 100 * s.wall_s / total_wall : 0);
  return fmt::format(
      "<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}{}</td><td>{}</td><td>{}</td>{}<td>{}</td><td>{}</td></tr>\n", css, escaped(s.stage),
      s.ended_early + s.killed > 0 ? fmt::format("{} ({} ended early)", s.runs, s.ended_early + s.killed) : std::to_string(s.runs),
      *css ? "" : std::to_string(s.ranks), figure(s.wall_s), share, figure(s.core_h), figure(s.gpu_h), energy_cells(s.kwh, s.kwh_for),
      figure(stage.site_gco2e), figure(stage.reference_gco2e));
}

std::string energy_heads() {
  std::string heads = "<th>energy (kWh)</th>";
  for (auto const& use : uses) heads += fmt::format("<th><i class=\"key {}\"></i>{}</th>", use.name, use.name);
  return heads;
}

std::string jobs_table(std::vector<footprint::JobShare> const& jobs) {
  std::string html =
      "<details><summary>By job</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th "
      "class=\"l\">began</th><th>scheduler</th><th>user</th>"
      "<th>account</th><th>partition</th><th>hosts</th><th>stages</th><th>core time (h)</th><th>GPU time (h)</th>" +
      energy_heads() + "</tr></thead>\n<tbody>\n";
  auto const list = [](std::vector<std::string> const& names) { return escaped(fmt::format("{}", fmt::join(names, " "))); };
  for (auto const& job : jobs) {
    auto const& h = job.header;
    html += fmt::format("<tr><td>{}</td>", escaped(job.began));
    for (auto const* const word : {&h.scheduler_id, &h.user, &h.account, &h.partition})
      html += fmt::format("<td>{}</td>", word->empty() ? "–" : escaped(*word));
    auto const& s = job.share;
    html += fmt::format("<td>{}</td><td>{}</td><td>{}</td><td>{}</td>{}</tr>\n", list(job.hosts), list(job.stages), figure(s.core_h),
                        figure(s.gpu_h), energy_cells(s.kwh, s.kwh_for));
  }
  return html + "</tbody></table></div></details>\n";
}

}  // namespace

std::string cost_section(Inputs const& inputs) {
  if (inputs.ledger.empty())
    return section("What it cost",
                   missing("No stage has been measured yet. Every stage of this command is:", "apq run --study " + inputs.directory));
  auto const footprint = footprint::footprint_of(inputs.ledger, {});
  auto const& total = footprint.total.cost;
  auto html =
      "<div class=\"scroll\"><table>\n<thead><tr><th class=\"l\">stage</th><th>runs</th><th>ranks</th><th>wall time (s)</th>"
      "<th>core time (h)</th><th>GPU time (h)</th>" +
      energy_heads() + "<th>CO₂e here (g)</th><th>CO₂e, world's grid (g)</th></tr></thead>\n<tbody>\n";
  for (auto const& stage : footprint.stages) html += row_of(stage, total.wall_s, "");
  html += row_of(footprint.total, total.wall_s, " class=\"sum\"") + "</tbody></table></div>\n";
  html += fmt::format(
      "<p class=\"note\">Energy: {}; PUE {:g}. Here: {:g}&#8239;gCO₂e/kWh, {}. World's grid: {:g}&#8239;gCO₂e/kWh, {}. Core time is "
      "processor "
      "time of all ranks. Useful: became a row or a result; repeated: was there already; lost: failed, or undone by a stop; idle: nobody "
      "used "
      "it. Repeated runs of a stage add up, with those that were asked to stop, failed or were killed (“ended early”), the last up to "
      "their "
      "last words a few seconds before. <code>apq footprint</code> answers on other grids, by job, node and device.</p>\n",
      escaped(total.method), total.pue, total.grid_gco2e_per_kwh, escaped(total.grid_source), footprint.reference.gco2e_per_kwh,
      escaped(footprint.reference.source));
  if (auto const jobs = footprint::by_job(inputs.runs); !jobs.empty()) html += jobs_table(jobs);
  if (total.gpu_h > 0)
    html += fmt::format(
        "<p class=\"note\">In the terms of the APQ paper's cost table ({} lb per GPU-hour): {} lb "
        "CO₂e for {} GPU-hours.</p>\n",
        footprint::paper_lb_per_gpu_hour, figure(total.gpu_h * footprint::paper_lb_per_gpu_hour), figure(total.gpu_h));
  return section("What it cost", html);
}

std::string provenance_section(Inputs const& inputs) {
  std::string facts = "<dl>\n";
  auto const fact = [&](std::string const& name, std::string const& value) {
    if (!value.empty()) facts += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
  };
  fact("study directory", inputs.directory);
  fact("seed", std::to_string(inputs.seed));
  fact("search space", inputs.space.name + ", " + inputs.space.hash);
  if (!inputs.space.blocks.empty()) {
    auto const size = space::count(inputs.space);
    fact("size of the space", fmt::format("{:.4g} architectures, {:.4g} with their bit policies", size.architectures, size.joint));
  }
  fact("cost model", inputs.cost_description);
  for (auto const* collected : {&inputs.fp, &inputs.quant}) {
    if (collected->dataset.rows.empty()) continue;
    auto const& h = collected->dataset.header;
    auto const stage = h.stage + " labels: ";
    fact(stage + "content", collected->content_hash);
    fact(stage + "shards", std::to_string(collected->dataset.files.size()));
    fact(stage + "engine", h.engine);
    for (auto const& [name, value] : h.identity) fact(stage + name, value);
    fact(stage + "made with", h.code_version + (h.libraries.empty() ? "" : "; " + h.libraries));
    fact(stage + "first host", h.host);
    fact(stage + "source", h.source);
  }
  if (inputs.training.fp) fact("predictor", inputs.training.fp->model);
  std::string ranks;
  for (auto const& s : inputs.ledger) ranks += fmt::format("{}{} {}", ranks.empty() ? "" : ", ", s.stage, s.ranks);
  fact("ranks of the last run", ranks);
  auto const build = build_info();
  fact("report written by", fmt::format("apq {}, {}, {}; LibTorch {}, HDF5 {}, MPI {}", build.version, build.build_type, build.compiler,
                                        build.torch, build.hdf5, build.mpi));
  facts += "</dl>\n";
  auto html = "<details><summary>Hashes, fingerprints, versions</summary>\n" + facts + "</details>\n";
  if (!inputs.config.empty()) html += "<details><summary>Configuration</summary>\n<pre>" + escaped(inputs.config) + "</pre></details>\n";
  return section("Where it comes from", html);
}

}  // namespace apq::report
