#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/command.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/shard.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::app {
namespace {
namespace fs = std::filesystem;

struct Options {
  fs::path directory, space;
  std::string format;
};

// A study has shards/fp and shards/quant; any other directory is taken as one stage's shards.
std::vector<fs::path> stage_directories(fs::path const& directory) {
  std::error_code ec;
  if (!fs::is_directory(directory, ec)) throw Error(Errc::io, fmt::format("{}: no such directory", directory.string()));
  StudyLayout const layout{directory};
  if (!fs::is_directory(directory / "shards", ec)) return {directory};
  std::vector<fs::path> found;
  for (char const* stage : {"fp", "quant"})
    if (fs::is_directory(layout.shards(stage), ec)) found.push_back(layout.shards(stage));
  return found;
}

std::optional<space::SearchSpace> find_space(Options const& o) {
  if (!o.space.empty()) return space::load_space(o.space);
  auto const file = StudyLayout{o.directory}.config();
  if (!fs::exists(file)) return std::nullopt;
  auto config = Config::load(file);
  return space::load_space(config.path("space"));
}

int list(Options const& o) {
  fmt::print("{:<10} {:>8} {:>8} {:>9} {:>9} {:>9}  {}\n", "stage", "rows", "shards", "mean %", "min %", "max %", "content hash");
  for (auto const& directory : stage_directories(o.directory)) {
    auto const dataset = h5::read_dataset(directory);
    double sum = 0, low = 100, high = 0;
    for (auto const& row : dataset.rows) {
      double const accuracy = 100.0 * row.correct / row.total;
      sum += accuracy;
      low = std::min(low, accuracy);
      high = std::max(high, accuracy);
    }
    auto const n = dataset.rows.size();
    fmt::print("{:<10} {:>8} {:>8} {:>9.2f} {:>9.2f} {:>9.2f}  {}\n", directory.filename().string(), n, dataset.files.size(),
               n > 0 ? sum / static_cast<double>(n) : 0.0, n > 0 ? low : 0.0, high, h5::content_hash(dataset.rows));
  }
  return 0;
}

int verify(Options const& o) {
  int faults = 0;
  for (auto const& directory : stage_directories(o.directory)) {
    auto complain = [&](std::string const& text) {
      fmt::print("{}\n", text);
      ++faults;
    };
    std::vector<fs::path> shards;
    for (auto const& entry : fs::directory_iterator(directory)) {
      auto const name = entry.path().filename().string();
      if (name.ends_with(".damaged") || name.ends_with(".partial")) complain(fmt::format("{}: is left over from a damaged or interrupted write", entry.path().string()));
      if (entry.path().extension() == ".h5") shards.push_back(entry.path());
    }
    std::optional<space::SearchSpace> space;
    try {
      space = find_space(o);
    } catch (Error const& e) {
      complain(e.what());
    }
    for (auto const& file : shards) {
      try {
        auto const shard = h5::read_shard(file);
        for (auto const& row : shard.rows) {
          if (row.correct > row.total || row.correct > row.correct5 || row.correct5 > row.total || row.total == 0)
            complain(fmt::format("{}: sample {} has impossible counts ({} top-1, {} top-5, {} images)", file.string(), row.id, row.correct, row.correct5, row.total));
          if (space && shard.header.space_hash == space->hash && !space::is_valid(*space, row.genes))
            complain(fmt::format("{}: sample {} is not a subnet of space {}", file.string(), row.id, space->name));
        }
      } catch (Error const& e) {
        complain(e.what());
      }
    }
    try {
      auto const dataset = h5::read_dataset(directory, h5::OnDamage::tolerate);
      for (std::size_t i = 0; i < dataset.rows.size(); ++i)
        if (dataset.rows[i].id != i) {
          complain(fmt::format("{}: sample {} is missing", directory.string(), i));
          break;
        }
    } catch (Error const& e) {
      complain(e.what());
    }
    if (auto const joined = StudyLayout{o.directory}.joined(directory.filename().string()); fs::exists(joined)) {
      try {
        h5::check_joined(joined);
      } catch (Error const& e) {
        complain(e.what());
      }
    }
  }
  if (faults == 0) fmt::print("sound\n");
  return faults == 0 ? 0 : static_cast<int>(Errc::data);
}

int hash(Options const& o) {
  auto const directories = stage_directories(o.directory);
  std::string all;
  for (auto const& directory : directories) all += directory.filename().string() + " " + h5::content_hash(h5::read_dataset(directory).rows) + "\n";
  bool const is_study = fs::is_directory(o.directory / "shards");
  fmt::print("{}\n", is_study ? sha256_of(all) : h5::content_hash(h5::read_dataset(directories.front()).rows));
  return 0;
}

int export_rows(Options const& o) {
  auto const space = find_space(o);
  bool const csv = o.format == "csv";
  if (csv) fmt::print("stage,id,correct,correct5,total,accuracy,low95,high95,loss,seconds,joules,genes,subnet\n");
  for (auto const& directory : stage_directories(o.directory)) {
    auto const dataset = h5::read_dataset(directory);
    for (auto const& row : dataset.rows) {
      auto const interval = wilson_interval(row.correct, row.total);
      nlohmann::ordered_json subnet = nullptr;
      if (space && dataset.header.space_hash == space->hash) subnet = space::to_json(*space, space::subnet_of(*space, row.genes));
      if (csv) {
        std::string quoted;
        for (char c : subnet.is_null() ? std::string() : subnet.dump()) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        std::string genes;
        for (auto gene : row.genes) genes += fmt::format("{}{}", genes.empty() ? "" : " ", gene);
        fmt::print("{},{},{},{},{},{:.6f},{:.6f},{:.6f},{},{},{},{},\"{}\"\n", dataset.header.stage, row.id, row.correct, row.correct5,
                   row.total, static_cast<double>(row.correct) / row.total, interval.low, interval.high, row.loss, row.seconds, row.joules, genes, quoted);
      } else {
        nlohmann::ordered_json const line{{"stage", dataset.header.stage}, {"id", row.id}, {"correct", row.correct}, {"correct5", row.correct5},
                                          {"total", row.total}, {"low95", interval.low}, {"high95", interval.high}, {"loss", row.loss},
                                          {"seconds", row.seconds}, {"joules", row.joules}, {"genes", row.genes}, {"subnet", subnet}};
        fmt::print("{}\n", line.dump());
      }
    }
  }
  return 0;
}

int join(Options const& o) {
  for (auto const& directory : stage_directories(o.directory)) {
    auto const file = StudyLayout{o.directory}.joined(directory.filename().string());
    h5::write_joined(directory, file);
    fmt::print("{}\n", file.string());
  }
  return 0;
}

}  // namespace

Body add_data(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  struct Verb {
    char const* name;
    char const* summary;
    int (*run)(Options const&);
  };
  static constexpr Verb verbs[] = {
      {"list", "Rows, shards, range of accuracies and content hash of each stage", list},
      {"verify", "Check every shard and row; one line a fault, exit status 3 when there is one", verify},
      {"hash", "Content hash over the canonical rows sorted by id; equal data, equal hash", hash},
      {"export", "Print all rows", export_rows},
      {"join", "Write dataset_STAGE.h5, one virtual array over all shards, for h5py", join},
  };
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, int (*)(Options const&)>> bodies;
  for (auto const& verb : verbs) {
    auto* const sub = app.add_subcommand(verb.name, verb.summary);
    sub->add_option("directory", o->directory, "A study's directory, or one stage's shards")->required();
    bodies.emplace_back(sub, verb.run);
    if (std::string(verb.name) == "export") {
      sub->add_option("--format", o->format, "Output")->check(CLI::IsMember({"csv", "jsonl"}))->default_val("csv");
      sub->add_option("--space", o->space, "Search space, to print subnets in concrete values (default: the study's)");
    }
  }
  app.footer("Example:\n  apq data verify runs/quickstart && apq data export runs/quickstart --format jsonl > rows.jsonl");
  return [o, bodies](mpi::Communicator const& world) {
    int status = 0;
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      for (auto const& [sub, run] : bodies)
        if (sub->parsed()) status = run(*o);
    });
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
