#include <fmt/format.h>

#include "footprint/what_if.hpp"
#include "study/records/plan.hpp"

namespace apq::footprint {

std::vector<WhatIf> planned(std::filesystem::path const& file, Declared const& declared) {
  auto const plan = study::read_plan(file);
  std::vector<WhatIf> rows;
  for (auto const& t : plan.totals)
    rows.push_back({.what = fmt::format("{} rank{} of {}", t.ranks, t.ranks == 1 ? "" : "s", file.stem().string()),
                    .wall_h = t.wall_h,
                    .core_h = t.core_h,
                    .gpu_h = t.gpu_h,
                    .kwh = t.kwh,
                    .gco2e = declared.site ? t.kwh * declared.site->gco2e_per_kwh : t.gco2e});
  return rows;
}

}  // namespace apq::footprint
