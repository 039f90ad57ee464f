#include "study/records/plan.hpp"

#include <fmt/format.h>

namespace apq::study {
namespace {

PlannedTotal total_of(Json const& entry) {
  PlannedTotal t{.ranks = whole_number<int>(entry.at("ranks"))};
  auto const& total = entry.at("stages").back();  // of none: null, which has no "stage"
  if (total.at("stage") != "total") throw Error(Errc::data, "a plan has no total");
  for (auto const& [key, value] :
       {std::pair{"wall_h", &t.wall_h}, {"core_h", &t.core_h}, {"gpu_h", &t.gpu_h}, {"kwh", &t.kwh}, {"gco2e", &t.gco2e}}) {
    *value = total.at(key).get<double>();
    if (!(*value >= 0)) throw Error(Errc::data, fmt::format("{} is {}", key, *value));
  }
  return t;
}

}  // namespace

PlanRecord read_plan(std::filesystem::path const& file) {
  PlanRecord plan;
  read_record(file, plan_format, [&](Json const& json) {
    plan.host = json.at("machine").at("host").get<std::string>();
    plan.processor = json.at("machine").at("processor").get<std::string>();
    for (auto const& entry : json.at("plans")) {
      if (entry.at("stages").empty()) throw Error(Errc::data, "a plan has no stages");
      plan.totals.push_back(total_of(entry));
    }
  });
  return plan;
}

}  // namespace apq::study
