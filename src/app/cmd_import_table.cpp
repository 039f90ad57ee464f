#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/cmd_import.hpp"
#include "collect/directory_lock.hpp"
#include "collect/table_import.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t max_faults_shown = 100;

struct Options {
  fs::path file, space, study;
  std::string stage, columns, unit = "auto", format = "table";
  std::uint32_t images = 0;
};

std::string host_name() {
  char name[256] = "unknown";
  ::gethostname(name, sizeof name - 1);
  return name;
}

/// Shows every bad entry; @throws Error(data) when there is one.
void require_sound(collect::ImportedTable const& table) {
  if (table.faults.empty()) return;
  for (std::size_t i = 1; i < std::min(table.faults.size(), max_faults_shown + 1); ++i) log::root().error("{}", table.faults[i]);
  throw Error(Errc::data,
              table.faults.size() == 1
                  ? fmt::format("{} (nothing was imported)", table.faults.front())
                  : fmt::format("{} (and {} more bad rows{}; nothing was imported)", table.faults.front(), table.faults.size() - 1,
                                table.faults.size() > max_faults_shown + 1 ? fmt::format(", {} of them shown", max_faults_shown) : ""));
}

/// Labels depend on the table and nothing else here: another table is another dataset.
h5::ShardHeader header_of(Options const& o, space::SearchSpace const& space, std::string const& text, collect::ImportedTable const& table,
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
std::string configuration(Options const& o, space::SearchSpace const& space) {
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

std::string import_file(Options const& o) {
  auto const space = space::load_space(o.space);
  auto const text = read_file(o.file);
  collect::TableOptions options{.stage = o.stage, .images = o.images, .columns = collect::parse_columns(o.columns)};
  if (o.unit != "auto") options.unit = o.unit == "percent" ? collect::AccuracyUnit::percent : collect::AccuracyUnit::fraction;
  auto const table = collect::import_table(space, text, o.file.string(), options);
  require_sound(table);
  auto const config = configuration(o, space);
  auto const header = header_of(o, space, text, table, config);

  StudyLayout const layout{o.study};
  auto const directory = layout.shards(table.stage);
  make_directory(directory);
  collect::DirectoryLock const lock(directory);
  auto const there = h5::read_dataset(directory);
  bool const is_there = !there.files.empty();
  if (is_there && (!h5::difference(there.header, header).empty() || h5::content_hash(there.rows) != h5::content_hash(table.rows)))
    throw Error(Errc::data, fmt::format("{}: holds other rows ({}, {}); a table needs a study of its own", directory.string(),
                                        there.rows.size(), there.header.source));
  if (!config.empty()) replace_file(layout.config(), config);
  if (!is_there) {
    // One shard, however many rows: it appears whole or not at all.
    h5::write_shard(directory / fmt::format("imported-{}-00000.h5", sha256_of(text).substr(0, 12)), {header, table.rows});
  }
  auto const images = table.images == 0
                          ? std::string("as the rows say")
                          : fmt::format("{}{}", table.images, table.images_from_grid ? " (all accuracies are multiples of 1 / this)" : "");
  if (o.format == "json")
    return nlohmann::ordered_json{{"rows", table.rows.size()},
                                  {"repeated", table.num_repeated},
                                  {"stage", table.stage},
                                  {"format", collect::name_of(table.format)},
                                  {"unit", table.percent ? "percent" : "fraction"},
                                  {"images", table.images},
                                  {"images_from_grid", table.images_from_grid},
                                  {"already_there", is_there},
                                  {"source", header.source},
                                  {"content_hash", h5::content_hash(table.rows)}}
               .dump(2) +
           "\n";
  auto summary = fmt::format("{}: {} rows of stage {} ({}, accuracies in {}, images per row: {})\n", o.study.string(), table.rows.size(),
                             table.stage, collect::name_of(table.format), table.percent ? "percent" : "fractions", images);
  if (table.num_repeated > 0)
    summary += fmt::format("{} rows repeat an earlier subnet with the same accuracy; the first of each is kept\n", table.num_repeated);
  if (is_there) summary += "the rows were there already\n";
  return summary;
}

}  // namespace

Body add_import_table(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("file", o->file, "acc.dict or info.dict (JSON), JSON lines, or CSV; told apart by content")->required();
  app.add_option("--space", o->space, "Search space (YAML)")->required();
  app.add_option("--study", o->study, "Study directory; made where it is missing")->required();
  app.add_option("--stage", o->stage, "fp or quant (default: as the rows are)")->check(CLI::IsMember({"fp", "quant"}));
  app.add_option("--images", o->images, "Images behind every accuracy (default: as the rows or the grid of accuracies tell)")
      ->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--columns", o->columns, "Fields the table names otherwise: ks=kernels,acc=top1");
  app.add_option("--unit", o->unit, "Of the accuracies: auto, fraction or percent")
      ->check(CLI::IsMember({"auto", "fraction", "percent"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq import table acc.dict --space configs/spaces/ofa_mbv3_w1.0.yaml --study runs/ofa --images 12500\n"
      "  apq train --study runs/ofa --stage fp");
  return [o](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] {
      if (world.is_root()) text = import_file(*o);
    });
    if (world.is_root()) {
      std::fputs(text.c_str(), stdout);
      std::fflush(stdout);
    }
    return 0;
  };
}

}  // namespace apq::app
