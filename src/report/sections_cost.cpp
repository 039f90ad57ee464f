// What the study cost and where it came from.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/core/build_info.hpp"
#include "footprint/footprint.hpp"
#include "report/html.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

std::string row_of(energy::StageCost const& s, double total_wall, char const* css) {
  auto const share =
      *css ? "" : fmt::format("<span class=\"share\" style=\"width:{:.0f}%\"></span>", total_wall > 0 ? 100 * s.wall_s / total_wall : 0);
  return fmt::format(
      "<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}{}</td><td>{}</td><td>{}</td><td>{}</"
      "td><td>{}</td></tr>\n",
      css, escaped(s.stage),
      s.ended_early + s.killed > 0 ? fmt::format("{} ({} ended early)", s.runs, s.ended_early + s.killed) : std::to_string(s.runs),
      *css ? "" : std::to_string(s.ranks), figure(s.wall_s), share, figure(s.core_h), figure(s.gpu_h), figure(s.kwh), figure(s.gco2e));
}

}  // namespace

std::string cost_section(Inputs const& inputs) {
  if (inputs.ledger.empty())
    return section("What it cost",
                   missing("No stage has been measured yet. Every stage of this command is:", "apq run --study " + inputs.directory));
  auto const total = energy::total_of(inputs.ledger);
  std::string html =
      "<div class=\"scroll\"><table>\n<thead><tr><th "
      "class=\"l\">stage</th><th>runs</th><th>ranks</th><th>wall time (s)</th><th>core time "
      "(h)</th><th>GPU time (h)</th><th>energy (kWh)</th><th>CO₂e (g)</th></tr></thead>\n<tbody>\n";
  for (auto const& s : inputs.ledger) html += row_of(s, total.wall_s, "");
  html += row_of(total, total.wall_s, " class=\"sum\"") + "</tbody></table></div>\n";
  html += fmt::format(
      "<p class=\"note\">Energy: {}; PUE {:g}. Grid: {:g}&#8239;gCO₂e/kWh, {}. Core time is "
      "processor time of all ranks. "
      "Repeated runs of a stage add up, with those that were asked to stop or failed (“ended early”), and with those that were killed, up "
      "to "
      "their last words a few seconds before.</p>\n",
      escaped(total.method), total.pue, total.grid_gco2e_per_kwh, escaped(total.grid_source));
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
