#include "dataset/published_import.hpp"

#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "collect/rows_configuration.hpp"
#include "collect/stored_table.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/core/printable.hpp"
#include "common/core/sha256.hpp"
#include "common/core/stop_request.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::dataset {
namespace {
namespace fs = std::filesystem;

h5::Row row_of(Json const& json, space::SearchSpace const& space, std::string const& stage) {
  auto const number = [&](char const* name) {
    auto const value = number_or_nan(json.at(name));
    if (value < 0 || value > std::numeric_limits<float>::max()) throw Error(Errc::data, fmt::format("{} is {}", name, value));
    return static_cast<float>(value);
  };
  h5::Row row{.id = whole_number<std::uint64_t>(json.at("id")),
              .genes = space::genes_of(space, space::subnet_from_json(space, nlohmann::json(json.at("subnet")), "subnet")),
              .correct = whole_number<std::uint32_t>(json.at("correct")),
              .correct5 = whole_number<std::uint32_t>(json.at("correct5")),
              .total = whole_number<std::uint32_t>(json.at("total")),
              .loss = number("loss"),
              .seconds = number("seconds"),
              .joules = number("joules")};
  if (json.at("stage") != stage) throw Error(Errc::data, fmt::format("is of stage {}, not {}", json.at("stage").dump(), stage));
  if (whole_numbers<std::uint8_t>(json.at("genes")) != row.genes) throw Error(Errc::data, "genes are not those of subnet in this space");
  if (row.total == 0 || row.correct > row.correct5 || row.correct5 > row.total)
    throw Error(Errc::data, fmt::format("has impossible counts ({} top-1, {} top-5, {} images)", row.correct, row.correct5, row.total));
  return row;
}

std::vector<h5::Row> read_rows(std::string_view text, std::string const& name, space::SearchSpace const& space, std::string const& stage) {
  std::vector<h5::Row> rows;
  for (std::size_t line = 1; !text.empty(); ++line) {
    throw_if_stopping("import");
    auto const end = text.find('\n');
    auto const piece = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    try {
      rows.push_back(row_of(parse_ordered_json(piece, ""), space, stage));
    } catch (JsonError const& e) {
      throw Error(Errc::data, fmt::format("{}:{}: {}", name, line, e.problem()));
    } catch (Error const& e) {
      throw Error(Errc::data, fmt::format("{}:{}: {}", name, line, e.what()));
    } catch (Json::exception const& e) {
      throw Error(Errc::data, fmt::format("{}:{}: is no row as `apq data publish` writes it ({})", name, line, problem_of(e)));
    }
  }
  return rows;
}

h5::Shard read_mirror(fs::path const& folder, PublishedRecord::Stage const& stage, space::SearchSpace const& space) {
  auto const file = folder / rows_file(stage.header.stage, "jsonl");
  auto const text = read_file(file);
  auto const genes = stage.header.stage == "quant" ? space.num_genes() : space.num_architecture_genes();
  if (stage.header.num_genes != genes)
    throw Error(Errc::data, fmt::format("{}: has {} genes a row of stage {}, space.yaml has {}; fetch the folder anew",
                                        (folder / record_file).string(), stage.header.num_genes, stage.header.stage, genes));
  h5::Shard shard{stage.header, read_rows(text, file.string(), space, stage.header.stage)};
  if (auto const hash = h5::content_hash(shard.rows); hash != stage.content_hash)
    throw Error(Errc::data, fmt::format("{}: holds other rows (content hash {}) than {} says ({}); fetch the folder anew", file.string(),
                                        hash, record_file, stage.content_hash));
  if (shard.rows.size() != stage.rows)
    throw Error(Errc::data, fmt::format("{}: holds {} rows, {} says {}; fetch the folder anew", file.string(), shard.rows.size(),
                                        record_file, stage.rows));
  shard.header.source = fmt::format("imported: {} sha256 {}", file.filename().string(), sha256_of(text));
  return shard;
}

}  // namespace

ImportedPublication import_published(fs::path const& folder, fs::path const& study) {
  ImportedPublication imported{read_published(folder), {}};
  auto const space = space::load_space(StudyLayout{folder}.space());
  std::vector<h5::Shard> shards;
  for (auto const& stage : imported.record.stages) {
    if (stage.header.space_hash != space.hash)
      throw Error(Errc::data, fmt::format("{}: has space hash {}, {} says {}", StudyLayout{folder}.space().string(), space.hash,
                                          record_file, stage.header.space_hash));
    shards.push_back(read_mirror(folder, stage, space));
  }
  // What no hash of rows holds: losses, joules, the identity of the labels.
  std::vector<std::string> files{record_file, "space.yaml"};
  for (auto const& stage : imported.record.stages) files.push_back(rows_file(stage.header.stage, "jsonl"));
  require_checksums(folder, files);
  if (study.empty()) return imported;
  collect::require_space(study, space);
  StudyLayout const layout{study};
  auto const config = collect::rows_configuration(study, imported.record.split.seed, layout.space().filename()) +
                      fmt::format("train: {{held_out_fraction: {}}}\n", imported.record.split.held_out_fraction);
  for (auto& shard : shards) shard.header.config = config;
  for (auto const& shard : shards) collect::holds_table(layout, shard);  // refuses before anything is written
  for (auto const& shard : shards) imported.was_there.push_back(collect::store_table(layout, shard));
  if (fs::exists(layout.config())) return imported;
  replace_file(layout.space(), read_file(StudyLayout{folder}.space()));
  replace_file(layout.config(), config);
  return imported;
}

std::string text_of(ImportedPublication const& imported, fs::path const& study) {
  auto const& record = imported.record;
  auto text = fmt::format("{}: release {} of {}, licence {}\n", record.name, record.release, record.date,
                          record.license.empty() ? not_declared : record.license);
  for (std::size_t i = 0; i < record.stages.size(); ++i)
    text += fmt::format("{}{} rows of stage {}{}\n", study.empty() ? "" : study.string() + ": ", record.stages[i].rows,
                        record.stages[i].header.stage,
                        study.empty()           ? "; nothing is written"
                        : imported.was_there[i] ? ", there already"
                                                : "");
  return printable_lines(text);
}

std::string json_of(ImportedPublication const& imported) {
  auto const& record = imported.record;
  auto stages = Json::array();
  for (std::size_t i = 0; i < record.stages.size(); ++i)
    stages.push_back({{"stage", record.stages[i].header.stage},
                      {"rows", record.stages[i].rows},
                      {"content_hash", record.stages[i].content_hash},
                      {"already_there", imported.was_there.empty() ? Json() : Json(bool(imported.was_there[i]))}});
  return Json{{"name", record.name},
              {"release", record.release},
              {"license", record.license.empty() ? Json() : Json(record.license)},
              {"content_hash", record.content_hash},
              {"stages", stages},
              {"written", !imported.was_there.empty()}}
             .dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace apq::dataset
