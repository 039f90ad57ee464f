#include "footprint/emissions_csv.hpp"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/build_info.hpp"

namespace apq::footprint {
namespace {

std::string quoted(std::string const& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (char const c : text) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + "\"";
}

std::string cell(std::optional<double> value) { return value ? fmt::format("{}", *value) : ""; }

std::string line(EmissionsRun const& run) {
  auto const rate = run.emissions_kg && run.duration_s > 0 ? std::optional(*run.emissions_kg / run.duration_s) : std::nullopt;
  // What is not here is not known or not asked: memory is not metered, and apq asks nobody where it is.
  std::map<std::string, std::string> const cells{{"timestamp", run.timestamp},
                                                 {"project_name", quoted(run.project_name)},
                                                 {"run_id", quoted(run.run_id)},
                                                 {"experiment_id", quoted(run.experiment_id)},
                                                 {"duration", cell(run.duration_s)},
                                                 {"emissions", cell(run.emissions_kg)},
                                                 {"emissions_rate", cell(rate)},
                                                 {"cpu_power", cell(run.processor_watts)},
                                                 {"gpu_power", cell(run.gpu_watts)},
                                                 {"cpu_energy", cell(run.processor_kwh)},
                                                 {"gpu_energy", cell(run.gpu_kwh)},
                                                 {"energy_consumed", cell(run.kwh)},
                                                 {"country_name", quoted(run.country_name)},
                                                 {"country_iso_code", run.country_iso_code},
                                                 {"os", "Linux"},
                                                 {"codecarbon_version", quoted("apq " + build_info().version_and_commit())},
                                                 {"cpu_count", fmt::format("{}", run.processors)},
                                                 {"cpu_model", quoted(run.processor_model)},
                                                 {"gpu_count", run.gpus > 0 ? fmt::format("{}", run.gpus) : ""},
                                                 {"gpu_model", quoted(run.gpu_model)},
                                                 {"ram_total_size", cell(run.memory_gb)},
                                                 {"tracking_mode", "process"},
                                                 {"on_cloud", "N"},
                                                 {"pue", cell(run.pue)}};
  std::string text;
  for (auto const& column : emissions_columns()) {
    auto const found = cells.find(column);
    text += (column == emissions_columns().front() ? "" : ",") + (found == cells.end() ? std::string() : found->second);
  }
  return text + "\n";
}

}  // namespace

std::vector<std::string> const& emissions_columns() {
  static std::vector<std::string> const columns{"timestamp",
                                                "project_name",
                                                "run_id",
                                                "experiment_id",
                                                "duration",
                                                "emissions",
                                                "emissions_rate",
                                                "cpu_power",
                                                "gpu_power",
                                                "ram_power",
                                                "cpu_energy",
                                                "gpu_energy",
                                                "ram_energy",
                                                "energy_consumed",
                                                "water_consumed",
                                                "country_name",
                                                "country_iso_code",
                                                "region",
                                                "cloud_provider",
                                                "cloud_region",
                                                "os",
                                                "python_version",
                                                "codecarbon_version",
                                                "cpu_count",
                                                "cpu_model",
                                                "gpu_count",
                                                "gpu_model",
                                                "longitude",
                                                "latitude",
                                                "ram_total_size",
                                                "tracking_mode",
                                                "cpu_utilization_percent",
                                                "gpu_utilization_percent",
                                                "ram_utilization_percent",
                                                "ram_used_gb",
                                                "on_cloud",
                                                "pue",
                                                "wue"};
  return columns;
}

std::string emissions_csv(std::vector<EmissionsRun> const& runs) {
  auto text = fmt::format("{}\n", fmt::join(emissions_columns(), ","));
  for (auto const& run : runs) text += line(run);
  return text;
}

}  // namespace apq::footprint
