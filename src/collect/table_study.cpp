#include "collect/table_study.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "collect/directory_lock.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "common/core/log.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"

namespace apq::collect {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t max_faults_shown = 100;

/// Shows every bad entry; @throws Error(data) when there is one.
void require_sound(ImportedTable const& table) {
  if (table.faults.empty()) return;
  for (std::size_t i = 1; i < std::min(table.faults.size(), max_faults_shown + 1); ++i) log::root().error("{}", table.faults[i]);
  throw Error(Errc::data,
              table.faults.size() == 1
                  ? fmt::format("{} (nothing was imported)", table.faults.front())
                  : fmt::format("{} (and {} more bad rows{}; nothing was imported)", table.faults.front(), table.faults.size() - 1,
                                table.faults.size() > max_faults_shown + 1 ? fmt::format(", {} of them shown", max_faults_shown) : ""));
}

/// Labels depend on the table and nothing else here: another table is another dataset.
h5::ShardHeader header_of(TableSource const& o, space::SearchSpace const& space, std::string const& text, ImportedTable const& table,
                          std::string const& config) {
  auto const build = build_info();
  auto const hash = sha256_of(text);
  h5::ShardHeader header;
  header.stage = table.stage;
  header.seed = 0;
  header.space_hash = space.hash;
  header.space_name = space.name;
  header.identity = {{"table", hash}, {"table.images", table.images == 0 ? "as the rows say" : std::to_string(table.images)}};
  header.engine = "imported";
  header.config = config;
  header.code_version = build.version_and_commit();
  header.libraries = fmt::format("HDF5 {}, MPI {}, {}", build.hdf5, build.mpi, build.compiler);
  header.host = host_name();
  header.source = fmt::format("imported: {} sha256 {}", o.file.filename().string(), hash);
  header.num_genes = table.stage == "quant" ? space.num_genes() : space.num_architecture_genes();
  return header;
}

/// A study that has a configuration keeps it; its space must be this one. @returns the text to write,
/// or nothing.
std::string configuration(TableSource const& o, space::SearchSpace const& space) {
  StudyLayout const layout{o.study};
  if (fs::exists(layout.config())) {
    auto config = Config::load(layout.config());
    auto const own = space::load_space(config.path("space", {"The study's search space"}));
    if (own.hash != space.hash)
      throw Error(Errc::data, fmt::format("{}: is a study of space {} ({}), not of {} ({}); choose another --study", o.study.string(),
                                          own.name, own.hash, space.name, space.hash));
    return {};
  }
  auto const name = fs::weakly_canonical(o.study).filename().string();
  return fmt::format("study:\n  name: {}\n  dir: {}\n  seed: 1\nspace: {}\ntrain: {{members: 4}}\n", nlohmann::json(name).dump(),
                     nlohmann::json(fs::weakly_canonical(o.study).string()).dump(), nlohmann::json(fs::canonical(o.space).string()).dump());
}

std::string unit_of(ImportedTable const& table, char const* fractions) { return table.percent ? "percent" : fractions; }

}  // namespace

TableStudy import_as_study(TableSource const& o) {
  auto const space = space::load_space(o.space);
  auto const text = read_file(o.file);
  TableStudy made;
  auto& table = made.table = import_table(space, text, o.file.string(), o.options);
  require_sound(table);
  auto const config = configuration(o, space);
  auto const header = header_of(o, space, text, table, config);
  made.source = header.source;
  made.content_hash = h5::content_hash(table.rows);

  StudyLayout const layout{o.study};
  auto const directory = layout.shards(table.stage);
  make_directory(directory);
  DirectoryLock const lock(directory);
  auto const there = h5::read_dataset(directory);
  made.was_there = !there.files.empty();
  if (made.was_there && (!h5::difference(there.header, header).empty() || h5::content_hash(there.rows) != made.content_hash))
    throw Error(Errc::data, fmt::format("{}: holds other rows ({}, {}); a table needs a study of its own", directory.string(),
                                        there.rows.size(), there.header.source));
  if (!config.empty()) replace_file(layout.config(), config);
  // One shard, however many rows: it appears whole or not at all.
  if (!made.was_there)
    h5::write_shard(directory / fmt::format("imported-{}-00000.h5", sha256_of(text).substr(0, 12)), {header, table.rows});
  return made;
}

std::string table_study_text(TableSource const& source, TableStudy const& made) {
  auto const& table = made.table;
  auto const images = table.images == 0
                          ? std::string("as the rows say")
                          : fmt::format("{}{}", table.images, table.images_from_grid ? " (all accuracies are multiples of 1 / this)" : "");
  auto text = fmt::format("{}: {} rows of stage {} ({}, accuracies in {}, images per row: {})\n", source.study.string(), table.rows.size(),
                          table.stage, name_of(table.format), unit_of(table, "fractions"), images);
  if (table.num_repeated > 0)
    text += fmt::format("{} rows repeat an earlier subnet with the same accuracy; the first of each is kept\n", table.num_repeated);
  if (made.was_there) text += "the rows were there already\n";
  return text;
}

std::string table_study_json(TableStudy const& made) {
  auto const& table = made.table;
  return nlohmann::ordered_json{{"rows", table.rows.size()},
                                {"repeated", table.num_repeated},
                                {"stage", table.stage},
                                {"format", name_of(table.format)},
                                {"unit", unit_of(table, "fraction")},
                                {"images", table.images},
                                {"images_from_grid", table.images_from_grid},
                                {"already_there", made.was_there},
                                {"source", made.source},
                                {"content_hash", made.content_hash}}
             .dump(2) +
         "\n";
}

}  // namespace apq::collect
