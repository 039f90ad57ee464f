#include "collect/table_study.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "collect/rows_configuration.hpp"
#include "collect/stored_table.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
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
h5::ShardHeader header_of(space::SearchSpace const& space, std::string const& source, std::string const& hash, ImportedTable const& table,
                          std::string const& config) {
  auto const build = build_info();
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
  header.source = "imported: " + source;
  header.num_genes = table.stage == "quant" ? space.num_genes() : space.num_architecture_genes();
  return header;
}

/// A study that has a configuration keeps it. @returns the text to write, or nothing.
std::string configuration(TableSource const& o) {
  if (fs::exists(StudyLayout{o.study}.config())) return {};
  return rows_configuration(o.study, 1, fs::canonical(o.space)) + "train: {members: 4}\n";
}

/// One hash of all files: of one the hash of its text.
std::string hash_of(std::vector<TableText> const& texts) {
  if (texts.size() == 1) return sha256_of(texts.front().text);
  std::string hashes;
  for (auto const& text : texts) hashes += sha256_of(text.text);
  return sha256_of(hashes);
}

std::string name_of(std::vector<TableText> const& texts) {
  auto const first = fs::path(texts.front().name).filename().string();
  return texts.size() == 1 ? first : fmt::format("{} and {} more", first, texts.size() - 1);
}

}  // namespace

ImportedTable read_as_table(space::SearchSpace const& space, TableSource const& source) {
  auto table = import_table(space, read_table_files(source.files), source.options);
  require_sound(table);
  return table;
}

TableStudy import_as_study(TableSource const& o) {
  auto const space = space::load_space(o.space);
  auto const texts = read_table_files(o.files);
  TableStudy made;
  auto& table = made.table = import_table(space, texts, o.options);
  require_sound(table);
  auto const hash = hash_of(texts);
  require_space(o.study, space);
  auto const config = configuration(o);
  auto const header = header_of(space, fmt::format("{} sha256 {}", name_of(texts), hash), hash, table, config);
  made.source = header.source;
  made.content_hash = h5::content_hash(table.rows);
  StudyLayout const layout{o.study};
  made.was_there = store_table(layout, {header, table.rows});
  if (!config.empty()) replace_file(layout.config(), config);
  return made;
}

}  // namespace apq::collect
