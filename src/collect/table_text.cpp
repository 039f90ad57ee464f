#include "collect/table_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/printable.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::size_t first_rows = 3;

std::string unit_text(ReadTable const& file) {
  auto const column =
      std::find_if(file.dialect.columns.begin(), file.dialect.columns.end(), [](auto const& c) { return c.first == "acc"; });
  if (!file.has_accuracies) return "hits of images counted";
  return fmt::format("accuracies in {}{}", file.percent ? "percent" : "fractions",
                     column == file.dialect.columns.end() ? "" : fmt::format(" ({})", column->second));
}

/// "ks, e, d, r = image_size".
std::string subnet_text(ReadTable const& file) {
  if (file.dialect.format == TableFormat::dictionary) return "the keys";
  std::string text;
  for (auto const& [ours, theirs] : file.dialect.columns)
    if (!is_label(ours)) text += (text.empty() ? "" : ", ") + (ours == theirs ? ours : ours + " = " + theirs);
  return text;
}

std::string images_text(ImportedTable const& table) {
  if (table.images == 0) return "as the rows say";
  if (table.least_images > 0) return fmt::format("{} (all accuracies are multiples of 1 / {} already)", table.images, table.least_images);
  return fmt::format("{}{}", table.images, table.images_from_grid ? " (all accuracies are multiples of 1 / this)" : "");
}

std::string size_text(ImportedTable const& table) {
  return fmt::format("{} rows of stage {}, images per row: {}", table.rows.size(), table.stage, images_text(table));
}

std::string repeats_text(ImportedTable const& table) {
  if (!table.noise) return {};
  std::string what;
  switch (table.repeats) {
    case Repeats::error:
      what = fmt::format("{} rows repeat an earlier subnet with the same accuracy; the first of each is kept", table.num_repeated);
      break;
    case Repeats::first:
      what = fmt::format("{} rows repeat an earlier subnet; the first of each is kept", table.num_repeated);
      break;
    case Repeats::mean:
      what = fmt::format("{} rows repeat an earlier subnet; one with the mean accuracy of each is kept", table.num_repeated);
      break;
    case Repeats::all:
      what = "rows of one subnet are kept as repeated measurements";
      break;
  }
  return fmt::format("{}\nrepeats: {}\n", what, text_of(*table.noise));
}

Json reading_json(ImportedTable const& table) {
  auto files = Json::array();
  for (auto const& file : table.files) {
    Json columns = Json::object();
    for (auto const& [ours, theirs] : file.dialect.columns) columns[ours] = theirs;
    bool const is_csv = file.dialect.format == TableFormat::csv;
    files.push_back({{"file", file.name},
                     {"format", name_of(file.dialect.format)},
                     {"separator", is_csv ? Json(std::string(1, file.dialect.separator)) : Json()},
                     {"decimal_commas", file.dialect.decimal_commas},
                     {"unit", file.has_accuracies ? Json(file.percent ? "percent" : "fraction") : Json()},
                     {"columns", columns},
                     {"image_size", file.image_size ? Json(*file.image_size) : Json()},
                     {"entries", file.entries}});
  }
  Json noise;
  if (table.noise) noise = {{"subnets", table.noise->subnets}, {"rows", table.noise->rows}, {"deviation_percent", table.noise->deviation}};
  return {{"rows", table.rows.size()},
          {"repeats", repeats_names[static_cast<std::size_t>(table.repeats)]},
          {"repeated", table.num_repeated},
          {"noise", noise},
          {"stage", table.stage},
          {"images", table.images},
          {"images_from_grid", table.images_from_grid},
          {"least_images", table.least_images > 0 ? Json(table.least_images) : Json()},
          {"files", files}};
}

Json subnet_json(space::SearchSpace const& space, h5::Row const& row) {
  return Json(space::to_json(space, space::subnet_of(space, row.genes)));
}

}  // namespace

std::string reading_text(ImportedTable const& table) {
  std::string text;
  for (auto const& file : table.files)
    text += printable(fmt::format(
                "{}: read as: {}, {}, subnets from {}{}; {} entries", file.name, text_of(file.dialect), unit_text(file), subnet_text(file),
                file.image_size ? fmt::format(", image size {} where they say none", *file.image_size) : "", file.entries)) +
            "\n";
  return text;
}

std::string table_study_text(TableSource const& source, TableStudy const& made) {
  auto text = reading_text(made.table) + printable(source.study.string()) + ": " + size_text(made.table) + "\n" + repeats_text(made.table);
  if (made.was_there) text += "the rows were there already\n";
  return text;
}

std::string table_study_json(TableStudy const& made) {
  auto json = reading_json(made.table);
  json.update(Json{{"already_there", made.was_there}, {"source", made.source}, {"content_hash", made.content_hash}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string dry_run_text(space::SearchSpace const& space, ImportedTable const& table) {
  auto text = reading_text(table);
  for (std::size_t i = 0; i < std::min(first_rows, table.rows.size()); ++i) {
    auto const& row = table.rows[i];
    text += fmt::format("{}: {} of {} ({:.2f} %) {}\n", printable(table.places[i]), row.correct, row.total, 100.0 * row.correct / row.total,
                        subnet_json(space, row).dump());
  }
  return text + repeats_text(table) + size_text(table) + "; nothing is written\n";
}

std::string dry_run_json(space::SearchSpace const& space, ImportedTable const& table) {
  auto json = reading_json(table);
  auto rows = Json::array();
  for (std::size_t i = 0; i < std::min(first_rows, table.rows.size()); ++i)
    rows.push_back({{"place", table.places[i]},
                    {"correct", table.rows[i].correct},
                    {"total", table.rows[i].total},
                    {"subnet", subnet_json(space, table.rows[i])}});
  json["first_rows"] = rows;
  json["written"] = false;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace apq::collect
