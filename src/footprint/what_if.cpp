#include "footprint/what_if.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace apq::footprint {
namespace {

std::uint64_t pieces_of(std::vector<SharedWork> const& work, std::string const& stage) {
  auto const found = std::find_if(work.begin(), work.end(), [&](SharedWork const& w) { return w.stage == stage; });
  return found == work.end() ? 1 : std::max<std::uint64_t>(1, found->pieces);
}

struct Times {
  double wall_h, core_h;
};
Times times_on(energy::StageCost const& cost, std::uint64_t pieces, int ranks) {
  auto const wall_h = cost.wall_s / 3600;
  auto const shared = std::min<std::uint64_t>(pieces, static_cast<std::uint64_t>(ranks));
  if (pieces <= 1 || shared < 1) return {wall_h, cost.core_h};  // one rank does all of it; the others wait without a stage of their own
  auto const rounds = std::ceil(static_cast<double>(pieces) / ranks);
  auto const parts = static_cast<double>(pieces);
  return {rounds * wall_h * std::max(1, cost.ranks) / parts, cost.core_h * rounds * ranks / parts};
}

std::string name_of(Elsewhere const& place) {
  std::vector<std::string> parts;
  if (place.ranks) parts.push_back(fmt::format("{} rank{}", *place.ranks, *place.ranks == 1 ? "" : "s"));
  if (place.grid)
    parts.push_back(place.grid->source == "declared" ? fmt::format("{:g} gCO2e/kWh", place.grid->gco2e_per_kwh)
                                                     : place.grid->source.substr(0, place.grid->source.find(',')));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::vector<WhatIf> what_if(Footprint const& footprint, std::vector<SharedWork> const& work, std::vector<Elsewhere> const& places) {
  auto const& total = footprint.total;
  std::vector<WhatIf> rows{{"as it was", total.cost.wall_s / 3600, total.cost.core_h, total.cost.gpu_h, total.cost.kwh, total.site_gco2e}};
  for (auto const& place : places) {
    WhatIf row{.what = name_of(place)};
    for (auto const& stage : footprint.stages) {
      auto const& cost = stage.cost;
      auto const times = place.ranks ? times_on(cost, pieces_of(work, cost.stage), *place.ranks) : Times{cost.wall_s / 3600, cost.core_h};
      auto const intensity = place.grid ? place.grid->gco2e_per_kwh : stage.site_gco2e / cost.kwh;
      auto const kwh = cost.core_h > 0 ? cost.kwh * times.core_h / cost.core_h : cost.kwh;
      row.wall_h += times.wall_h;
      row.core_h += times.core_h;
      row.gpu_h += cost.gpu_h;
      row.kwh += kwh;
      row.gco2e += cost.kwh == 0 && !place.grid ? 0 : kwh * intensity;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace apq::footprint
