#include "study/plan_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/host_name.hpp"
#include "common/core/processor_model.hpp"
#include "common/core/record_file.hpp"
#include "study/records/plan.hpp"

namespace apq::study {
namespace {

double disk_bytes(Experiment const& e, int ranks) {
  return shard_bytes({{e.collect.fp_samples, e.space.num_architecture_genes()}, {e.collect.quant_samples, e.space.num_genes()}},
                     e.collect.shard_rows, ranks);
}

}  // namespace

std::string plan_json(Experiment const& e, MeasuredWork const& m, PlanView const& view) {
  int gpus_per_rank = 0;
  for (auto const& part : m.work) gpus_per_rank = std::max(gpus_per_rank, part.gpus_per_rank);
  Json json{
      {"format", plan_format.name},
      {"format_version", plan_format.version},
      {"study", e.name},
      {"machine", {{"host", host_name()}, {"processor", processor_model()}, {"gpus_per_rank", gpus_per_rank}}},
      {"measured",
       {{"fp_seconds_per_sample", m.fp_seconds}, {"quant_seconds_per_sample", m.quant_seconds}, {"ranks_measured", view.measured_on}}},
      {"memory_bytes_per_node", view.ranks_per_node * m.rank_bytes},
      {"ranks_per_node", view.ranks_per_node},
      {"plans", Json::array()}};
  for (int const ranks : view.ranks) {
    Json entry{{"ranks", ranks}, {"disk_bytes", disk_bytes(e, ranks)}, {"stages", Json::array()}};
    for (auto const& s : plan(m.work, ranks, e.energy))
      entry["stages"].push_back(
          {{"stage", s.stage}, {"wall_h", s.wall_h}, {"core_h", s.core_h}, {"gpu_h", s.gpu_h}, {"kwh", s.kwh}, {"gco2e", s.gco2e}});
    json["plans"].push_back(std::move(entry));
  }
  return json.dump(1) + "\n";
}

std::string plan_table(Experiment const& e, MeasuredWork const& m, PlanView const& view) {
  auto text = fmt::format("{}: a sample takes {:.3g} s in full precision and {:.3g} s quantised on a core of this machine\n\n", e.name,
                          m.fp_seconds, m.quant_seconds);
  text += fmt::format("core hours on {} rank{}, waiting included\n", view.measured_on, view.measured_on == 1 ? "" : "s");
  for (auto const& s : plan(m.work, view.measured_on, e.energy)) text += fmt::format("  {:<14} {:>12.4g}\n", s.stage, s.core_h);
  text += fmt::format("\n{:>6} {:>11} {:>11} {:>10} {:>10} {:>10}\n", "ranks", "wall h", "core h", "kWh", "gCO2e", "disk MB");
  for (int const ranks : view.ranks) {
    auto const total = plan(m.work, ranks, e.energy).back();
    text += fmt::format("{:>6} {:>11.4g} {:>11.4g} {:>10.4g} {:>10.4g} {:>10.3g}\n", ranks, total.wall_h, total.core_h, total.kwh,
                        total.gco2e, disk_bytes(e, ranks) / 1e6);
  }
  text += fmt::format("\nmemory per node with {} rank{}: {:.2f} GiB\n", view.ranks_per_node, view.ranks_per_node == 1 ? "" : "s",
                      view.ranks_per_node * m.rank_bytes / (1024.0 * 1024 * 1024));
  auto const on_gpus = std::any_of(m.work.begin(), m.work.end(), [](StageWork const& part) { return part.gpus_per_rank > 0; });
  text += fmt::format("energy: declared {:g} W per busy core{}, PUE {:g}, {:g} gCO2e/kWh ({})\n", e.energy.watts_per_core,
                      on_gpus ? fmt::format(" and {:g} W per GPU held", e.energy.watts_per_gpu) : "", e.energy.pue,
                      e.energy.grid_gco2e_per_kwh, e.energy.grid_source);
  if (e.collect.sequential.is_on()) text += "collection: at most; collect.sequential ends labels that are narrow enough\n";
  return text;
}

}  // namespace apq::study
