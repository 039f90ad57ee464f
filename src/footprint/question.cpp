#include "footprint/question.hpp"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "study/records/stamp.hpp"

namespace apq::footprint {
namespace {

std::uint64_t number_in(std::string const& text, std::filesystem::path const& stamp) {
  std::uint64_t number = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size())
    throw Error(Errc::data, fmt::format("{}: num_rows is \"{}\", no number; `apq run` makes the stage's stamp anew", stamp.string(), text));
  return number;
}

// Labels that finished collections made.
std::vector<SharedWork> collected(StudyLayout const& layout) {
  std::vector<SharedWork> work;
  for (std::string const stage : {"collect.fp", "collect.quant"}) {
    if (!std::filesystem::exists(layout.stamp(stage))) continue;
    auto const contents = study::read_stamp(layout.stamp(stage)).contents;
    if (auto const rows = contents.find("num_rows"); rows != contents.end())
      work.push_back({stage, number_in(rows->second, layout.stamp(stage))});
  }
  return work;
}

double labels_of(std::vector<SharedWork> const& work, std::string const& study) {
  double labels = 0;
  for (auto const& stage : work) labels += static_cast<double>(stage.pieces);
  if (labels == 0)
    throw Error(Errc::data, fmt::format("{}: no collection is finished, so no label is the functional unit; take the study", study));
  return labels;
}

}  // namespace

Answer answer_of(StudyLayout const& layout, Question const& q) {
  auto const study = layout.root.string();
  if (!std::filesystem::exists(layout.config())) throw Error(Errc::io, fmt::format("{}: holds no study (no config.yaml)", study));
  auto runs = energy::read_runs(layout);
  if (runs.empty()) throw Error(Errc::data, fmt::format("{}: nothing has been measured yet; `apq run` measures what it does", study));
  auto const work = collected(layout);
  Declared declared;
  if (!q.grid.empty()) declared.site = grid_of(q.grid);
  if (!q.reference.empty()) declared.reference = grid_of(q.reference);
  if (q.pue > 0) runs = at_pue(std::move(runs), q.pue);
  if (q.embodied_kg)
    declared.embodied = Embodied{
        .total_gco2e = 1000 * *q.embodied_kg, .lifespan_h = q.lifespan_years * 365 * 24, .reserved_h = 0, .resource_share = q.share};
  declared.functional_unit = q.per;
  if (!q.per.empty()) declared.functional_units = q.per == "label" ? labels_of(work, study) : 1;
  Answer answer{footprint_of(energy::totals_by_stage(runs), declared), std::move(runs), declared, {}};
  std::vector<Elsewhere> places;
  for (int const ranks : q.ranks) places.push_back({.ranks = ranks, .grid = {}});
  for (auto const& grid : q.grids) places.push_back({.ranks = {}, .grid = grid_of(grid)});
  if (places.empty() && q.plans.empty()) return answer;
  answer.what_if = what_if(answer.footprint, work, places);
  for (auto const& plan : q.plans)
    for (auto& row : planned(plan, declared)) answer.what_if.push_back(std::move(row));
  return answer;
}

}  // namespace apq::footprint
