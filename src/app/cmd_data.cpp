#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "collect/sampler.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/core/log.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::app {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  fs::path directory, space;
  std::string format;
};

struct Stage {
  std::string name;
  fs::path directory, joined;
};

bool has_shards(fs::path const& directory) {
  std::error_code ec;
  for (auto const& entry : fs::directory_iterator(directory, ec))
    if (entry.path().extension() == ".h5") return true;
  return false;
}

bool is_study(fs::path const& directory) { return fs::is_directory(directory / "shards"); }

// A study has shards/fp and shards/quant; any other directory must hold one stage's shards itself.
std::vector<Stage> stages_of(fs::path directory) {
  if (!fs::is_directory(directory)) throw Error(Errc::io, fmt::format("{}: no such directory", directory.string()));
  if (!directory.has_filename()) directory = directory.parent_path();  // a slash at the end
  std::vector<Stage> stages;
  if (is_study(directory)) {
    StudyLayout const layout{directory};
    for (char const* name : {"fp", "quant"})
      if (has_shards(layout.shards(name))) stages.push_back({name, layout.shards(name), layout.joined(name)});
  } else if (has_shards(directory)) {
    auto const whole = fs::canonical(directory);
    auto const name = whole.filename().string();
    auto const parent = whole.parent_path();
    bool const in_study = parent.filename() == "shards";
    stages.push_back({name, directory, StudyLayout{in_study ? parent.parent_path() : parent}.joined(name)});
  }
  if (stages.empty())
    throw Error(Errc::data, fmt::format("{}: holds no shards; give a study's directory, or one stage's shards", directory.string()));
  return stages;
}

// All rows; a shard that the joined file lists and that is gone is an error, not fewer rows.
h5::Dataset read(Stage const& stage) { return h5::read_stage(stage.directory, stage.joined); }

// The space given, else the study's where it can be found.
std::optional<space::SearchSpace> find_space(Options const& o) {
  if (!o.space.empty()) return space::load_space(o.space);
  auto const file = StudyLayout{o.directory}.config();
  if (!fs::exists(file)) return std::nullopt;
  try {
    auto config = Config::load(file);
    return space::load_space(config.path("space", {"The study's search space"}));
  } catch (Error const& e) {
    log::root().info("the study's search space cannot be read ({}); give it with --space", e.what());
    return std::nullopt;
  }
}

void require_space(Options const& o, space::SearchSpace const& space, h5::ShardHeader const& header) {
  if (!o.space.empty() && header.space_hash != space.hash)
    throw Error(Errc::data, fmt::format("{}: has space hash {}, the shards have {} ({})", o.space.string(), space.hash, header.space_hash,
                                        header.space_name));
}

double percent(h5::Row const& row) { return row.total > 0 ? 100.0 * row.correct / row.total : NAN; }

int list(Options const& o) {
  auto all = Json::array();
  for (auto const& stage : stages_of(o.directory)) {
    auto const dataset = read(stage);
    double sum = 0, low = 100, high = 0;
    std::uint32_t fewest = std::numeric_limits<std::uint32_t>::max(), most = 0;
    for (auto const& row : dataset.rows) {
      fewest = std::min(fewest, row.total);
      most = std::max(most, row.total);
      sum += percent(row);
      low = std::min(low, percent(row));
      high = std::max(high, percent(row));
    }
    auto const n = dataset.rows.size();
    Json const of_rows = n == 0 ? Json() : Json{{"mean", sum / static_cast<double>(n)}, {"min", low}, {"max", high}};
    all.push_back({{"stage", stage.name},
                   {"rows", n},
                   {"shards", dataset.files.size()},
                   {"images", n == 0 ? Json() : Json{{"min", fewest}, {"max", most}}},
                   {"top1_percent", of_rows},
                   {"content_hash", h5::content_hash(dataset.rows)}});
  }
  if (o.format == "json") {
    fmt::print("{}\n", all.dump(2));
    return 0;
  }
  fmt::print("{:<10} {:>8} {:>8} {:>13} {:>9} {:>9} {:>9}  {}\n", "stage", "rows", "shards", "images", "mean %", "min %", "max %",
             "content hash");
  for (auto const& s : all) {
    auto const& top1 = s["top1_percent"];
    auto text = [&](char const* key) { return top1.is_null() ? std::string("-") : fmt::format("{:.2f}", top1[key].get<double>()); };
    std::string seen = "-";
    if (auto const& images = s["images"]; !images.is_null()) {
      auto const fewest = images["min"].get<std::uint32_t>(), most = images["max"].get<std::uint32_t>();
      seen = fewest == most ? fmt::format("{}", most) : fmt::format("{}..{}", fewest, most);
    }
    fmt::print("{:<10} {:>8} {:>8} {:>13} {:>9} {:>9} {:>9}  {}\n", s["stage"].get<std::string>(), s["rows"].get<std::size_t>(),
               s["shards"].get<std::size_t>(), seen, text("mean"), text("min"), text("max"), s["content_hash"].get<std::string>());
  }
  return 0;
}

// ---- verify

using Complain = std::function<void(std::string const&)>;

void verify_rows(h5::StoredShard const& stored, std::optional<space::SearchSpace> const& space, Complain const& complain) {
  auto const file = stored.file.path.string();
  for (auto const& row : stored.shard.rows) {
    if (row.total == 0 || row.correct > row.correct5 || row.correct5 > row.total)
      complain(fmt::format("{}: sample {} has impossible counts ({} top-1, {} top-5, {} images)", file, row.id, row.correct, row.correct5,
                           row.total));
    if (space && stored.shard.header.space_hash == space->hash && !space::is_valid(*space, row.genes))
      complain(fmt::format("{}: sample {} is not a subnet of space {}", file, row.id, space->name));
  }
}

// How many samples the study's configuration asks for, as far as the space has so many; 0: not known.
std::uint64_t wanted_samples(Options const& o, std::string const& stage, std::optional<space::SearchSpace> const& space) {
  auto const file = StudyLayout{o.directory}.config();
  if (!is_study(o.directory) || !fs::exists(file)) return 0;
  auto const wanted = Config::load(file).section("collect").section(stage).peek<std::uint64_t>("samples").value_or(0);
  return space ? collect::num_samples(*space, stage, wanted) : wanted;
}

void verify_ids(Stage const& stage, std::vector<h5::Row> const& rows, std::uint64_t wanted, Complain const& complain) {
  auto const last = rows.empty() ? 0 : rows.back().id + 1;
  auto const expected = std::max(wanted, last);
  if (rows.size() == expected) return;
  std::uint64_t first = 0;
  while (first < rows.size() && rows[first].id == first) ++first;
  complain(fmt::format("{}: {} of {} samples are missing, the first is {}; `apq collect` collects them", stage.directory.string(),
                       expected - rows.size(), expected, first));
}

void verify_joined(Stage const& stage, h5::Dataset const& dataset, std::size_t num_shards, Complain const& complain) {
  if (!fs::exists(stage.joined)) return;
  h5::check_joined(stage.joined, dataset);
  if (h5::read_manifest(stage.joined).size() != num_shards)
    complain(fmt::format("{}: does not join all {} shards of {}; `apq data join` writes it anew", stage.joined.string(), num_shards,
                         stage.directory.string()));
}

int verify(Options const& o) {
  int faults = 0;
  Complain const complain = [&](std::string const& text) {
    fmt::print("{}\n", text);
    ++faults;
  };
  auto guarded = [&](auto const& step) {
    try {
      step();
    } catch (Error const& e) {
      complain(e.what());
    }
  };
  auto const stages = stages_of(o.directory);
  auto const space = find_space(o);
  std::string sound;
  for (auto const& stage : stages) {
    for (auto const& entry : fs::directory_iterator(stage.directory)) {
      auto const extension = entry.path().extension();
      if (extension == ".damaged" || extension == ".partial")
        log::root().info("{}: set aside, not part of the dataset", entry.path().string());
    }
    auto const files = h5::shards_in(stage.directory);
    h5::Dataset dataset;
    for (auto const& file : files)
      guarded([&] {
        std::vector<h5::StoredShard> one{h5::load_shard(file)};
        verify_rows(one.front(), space, complain);
        h5::add_shards(dataset, std::move(one));
      });
    guarded([&] { verify_ids(stage, dataset.rows, wanted_samples(o, stage.name, space), complain); });
    guarded([&] { verify_joined(stage, dataset, files.size(), complain); });
    sound += fmt::format("{}: {} shards are sound\n", stage.name, files.size());
  }
  if (faults == 0) fmt::print("{}", sound);
  return faults == 0 ? 0 : static_cast<int>(Errc::data);
}

// ---- hash, export, join

int hash(Options const& o) {
  auto const stages = stages_of(o.directory);
  if (!is_study(o.directory)) {
    fmt::print("{}\n", h5::content_hash(read(stages.front()).rows));
    return 0;
  }
  std::string all;
  for (auto const& stage : stages) all += fmt::format("{} {}\n", stage.name, h5::content_hash(read(stage).rows));
  fmt::print("{}\n", sha256_of(all));
  return 0;
}

std::string csv_quoted(std::string const& text) {
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// An unknown number is an empty field, which every reader of CSV takes for a missing value.
std::string csv_number(float value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

void print_csv(h5::ShardHeader const& header, h5::Row const& row, Json const& subnet) {
  auto const interval = wilson_interval(row.correct, row.total);
  fmt::print("{},{},{},{},{},{:.6f},{:.6f},{:.6f},{},{},{},{},{}\n", header.stage, row.id, row.correct, row.correct5, row.total,
             static_cast<double>(row.correct) / row.total, interval.low, interval.high, csv_number(row.loss), csv_number(row.seconds),
             csv_number(row.joules), fmt::join(row.genes, " "), subnet.is_null() ? "" : csv_quoted(subnet.dump()));
}

void print_json_line(h5::ShardHeader const& header, h5::Row const& row, Json const& subnet) {
  auto const interval = wilson_interval(row.correct, row.total);
  Json const line{{"stage", header.stage},  {"id", row.id},
                  {"correct", row.correct}, {"correct5", row.correct5},
                  {"total", row.total},     {"accuracy", static_cast<double>(row.correct) / row.total},
                  {"low95", interval.low},  {"high95", interval.high},
                  {"loss", row.loss},       {"seconds", row.seconds},
                  {"joules", row.joules},   {"genes", row.genes},
                  {"subnet", subnet}};
  fmt::print("{}\n", line.dump());
}

int export_rows(Options const& o) {
  auto const stages = stages_of(o.directory);
  auto const space = find_space(o);
  bool const csv = o.format == "csv";
  if (csv) fmt::print("stage,id,correct,correct5,total,accuracy,low95,high95,loss,seconds,joules,genes,subnet\n");
  for (auto const& stage : stages) {
    auto const dataset = read(stage);
    if (space) require_space(o, *space, dataset.header);
    bool const decode = space && dataset.header.space_hash == space->hash;
    for (auto const& row : dataset.rows) {
      Json const subnet = decode ? Json(space::to_json(*space, space::subnet_of(*space, row.genes))) : Json();
      (csv ? print_csv : print_json_line)(dataset.header, row, subnet);
    }
  }
  return 0;
}

int join(Options const& o) {
  for (auto const& stage : stages_of(o.directory)) {
    h5::write_joined(h5::read_dataset(stage.directory), stage.joined);
    fmt::print("{}\n", stage.joined.string());
  }
  return 0;
}

struct Verb {
  char const* name;
  char const* summary;
  char const* example;
  std::vector<std::string> formats;  ///< the first is the default; empty: there is one only
  int (*run)(Options const&);
};

std::vector<Verb> verbs() {
  return {{"list",
           "Rows, shards, range of accuracies and content hash of each stage",
           "apq data list runs/quickstart",
           {"table", "json"},
           list},
          {"verify",
           "Check every shard and row; one line a fault, exit status 3 when there is one",
           "apq data verify runs/quickstart",
           {},
           verify},
          {"hash", "Content hash over the canonical rows sorted by id; equal data, equal hash", "apq data hash runs/quickstart", {}, hash},
          {"export",
           "Print all rows, with subnets in concrete values where the space is known",
           "apq data export runs/quickstart --format jsonl --space "
           "configs/spaces/fashion_mnist.yaml > rows.jsonl",
           {"csv", "jsonl"},
           export_rows},
          {"join", "Write dataset_STAGE.h5, one virtual array over all shards, for h5py", "apq data join runs/quickstart", {}, join}};
}

}  // namespace

Body add_data(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, int (*)(Options const&)>> bodies;
  for (auto const& verb : verbs()) {
    auto* const sub = app.add_subcommand(verb.name, verb.summary);
    sub->add_option("directory", o->directory, "A study's directory, or one stage's shards")->required();
    if (!verb.formats.empty())
      sub->add_option("--format", o->format, fmt::format("{} (default) or {}", verb.formats[0], verb.formats[1]))
          ->check(CLI::IsMember(verb.formats));
    if (std::string(verb.name) == "export" || std::string(verb.name) == "verify")
      sub->add_option("--space", o->space, "Search space (default: the study's)");
    sub->footer(std::string("Example:\n  ") + verb.example);
    sub->callback([o, verb] {
      if (o->format.empty() && !verb.formats.empty()) o->format = verb.formats.front();
    });
    bodies.emplace_back(sub, verb.run);
  }
  app.footer(
      "Example:\n  apq data verify runs/quickstart && apq data export runs/quickstart --format "
      "jsonl "
      "> rows.jsonl");
  return [o, bodies](mpi::Communicator const& world) {
    int status = 0;
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      try {
        for (auto const& [sub, run] : bodies)
          if (sub->parsed()) status = run(*o);
        if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
      } catch (std::system_error const& e) {  // fmt's too, when the standard output is full
        throw Error(Errc::io, fmt::format("apq data: input or output failed ({})", e.what()));
      }
    });
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
