#include "collect/row_export.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "collect/stored_stage.hpp"
#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::collect {
namespace {

using Json = nlohmann::ordered_json;

std::string csv_quoted(std::string const& text) {
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// An unknown number is an empty field, which every reader of CSV takes for a missing value.
std::string csv_number(float value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string csv_line(h5::ShardHeader const& header, h5::Row const& row, Json const& subnet) {
  auto const interval = wilson_interval(row.correct, row.total);
  return fmt::format("{},{},{},{},{},{:.6f},{:.6f},{:.6f},{},{},{},{},{}\n", header.stage, row.id, row.correct, row.correct5, row.total,
                     static_cast<double>(row.correct) / row.total, interval.low, interval.high, csv_number(row.loss),
                     csv_number(row.seconds), csv_number(row.joules), fmt::join(row.genes, " "),
                     subnet.is_null() ? "" : csv_quoted(subnet.dump()));
}

std::string json_line(h5::ShardHeader const& header, h5::Row const& row, Json const& subnet) {
  auto const interval = wilson_interval(row.correct, row.total);
  Json const line{{"stage", header.stage},  {"id", row.id},
                  {"correct", row.correct}, {"correct5", row.correct5},
                  {"total", row.total},     {"accuracy", static_cast<double>(row.correct) / row.total},
                  {"low95", interval.low},  {"high95", interval.high},
                  {"loss", row.loss},       {"seconds", row.seconds},
                  {"joules", row.joules},   {"genes", row.genes},
                  {"subnet", subnet}};
  return line.dump() + "\n";
}

}  // namespace

void export_rows(std::filesystem::path const& directory, std::filesystem::path const& space_file, RowFormat format,
                 std::function<void(std::string const& line)> const& write) {
  auto const stages = stored_stages(directory);
  auto const space = space_of_stored(directory, space_file);
  if (format == RowFormat::csv) write("stage,id,correct,correct5,total,accuracy,low95,high95,loss,seconds,joules,genes,subnet\n");
  for (auto const& stage : stages) {
    auto const dataset = stage.read();
    auto const& header = dataset.header;
    bool const is_of_space = space && header.space_hash == space->hash;
    if (!space_file.empty() && !is_of_space)
      throw Error(Errc::data, fmt::format("{}: has space hash {}, the shards have {} ({})", space_file.string(), space->hash,
                                          header.space_hash, header.space_name));
    for (auto const& row : dataset.rows) {
      Json const subnet = is_of_space ? Json(space::to_json(*space, space::subnet_of(*space, row.genes))) : Json();
      write((format == RowFormat::csv ? csv_line : json_line)(header, row, subnet));
    }
  }
}

}  // namespace apq::collect
