#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "collect/sampler.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/random.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/checked_label.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "study/plan.hpp"
#include "train/fit.hpp"

namespace apq::app {
namespace {

struct Options {
  std::vector<int> ranks{1, 2, 16, 64, 256};
  int samples = 3, images = 500, ranks_per_node = 0;
  std::string format = "table";
};

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

image::Split first_of(image::Split split, std::size_t count) {
  split.indices.resize(std::min(count, split.indices.size()));
  return split;
}

double mean_macs(study::Experiment const& e, cost::CostModel const& model, std::string const& stage) {
  collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, 500);
  double sum = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) sum += model(samples[i]).macs;
  return sum / static_cast<double>(samples.size());
}

// Bytes of this process in memory, 0 where /proc does not say.
double resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return 1024 * std::stod(line.substr(6));
  return 0;
}

struct Measured {
  double fp_seconds = 0, quant_seconds = 0;  // of the average sample
  double row_epoch_seconds = 0;              // of predictor training
  double rank_bytes = 0;                     // of one rank while it evaluates
};

// A few samples of each stage on a part of the images. Every rank measures the same ones at the same time, as in the real
// run, where ranks share the memory bandwidth.
Measured measure(study::Experiment const& e, image::Splits const& splits, cost::CostModel const& model, Options const& o) {
  auto const calibration = first_of(splits.calibration, static_cast<std::size_t>(o.images));
  auto const validation = first_of(splits.validation, static_cast<std::size_t>(o.images));
  evaluate::SupernetEvaluator evaluator(e.space, e.supernet_file(), calibration, validation, e.data, e.evaluator);
  Measured measured;
  std::vector<h5::Row> rows;
  for (std::string const stage : {"fp", "quant"}) {
    // A quantised sample recalibrates twice and calibrates once, but those passes scale alike with the images.
    std::vector<study::MeasuredSample> samples;
    collect::Samples const drawn(e.space, e.seed, stage, e.collect.policies_per_architecture, static_cast<std::uint64_t>(o.samples));
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      auto const genes = drawn.genes(i);
      auto const start = Clock::now();
      auto const label =
          evaluate::checked_label(evaluator, e.space, space::subnet_of(e.space, genes), i, fmt::format("sample {} of stage {}", i, stage));
      samples.push_back({seconds_since(start), model(genes).macs, calibration.size() + validation.size()});
      if (stage == "fp")
        rows.push_back({.id = i, .genes = genes, .correct = label.correct, .correct5 = label.correct5, .total = label.total});
    }
    (stage == "fp" ? measured.fp_seconds : measured.quant_seconds) =
        study::seconds_per_sample(samples, mean_macs(e, model, stage), splits.calibration.size() + splits.validation.size());
  }
  measured.rank_bytes = resident_bytes();
  // One batch of rows over and over: how long a row takes does not depend on what it says.
  auto fit_config = e.train.fp;
  fit_config.epochs = 2;
  for (std::size_t i = 0; rows.size() < static_cast<std::size_t>(fit_config.batch) * 4; ++i) rows.push_back(rows[i]);
  auto const start = Clock::now();
  train::fit(e.space, rows, e.train, fit_config, nullptr, e.seed);
  measured.row_epoch_seconds = seconds_since(start) / static_cast<double>(rows.size()) / fit_config.epochs;
  return measured;
}

std::vector<study::StageWork> work_of(study::Experiment const& e, image::Splits const& splits, Measured const& m) {
  auto const fit_seconds = [&](double rows, int epochs) { return rows * (1 - e.train.held_out_fraction) * epochs * m.row_epoch_seconds; };
  double curve = 0;  // fits of the learning curve, in units of a whole one
  for (double share : e.train.curve) curve += 2 * e.train.curve_splits * share;
  double const images = static_cast<double>(splits.calibration.size() + splits.validation.size());
  double const tested = images + static_cast<double>(splits.test.size() + splits.calibration.size());
  auto const winners = 2 * e.search.scenarios.size();  // and the best collected sample beside each
  return {{"collect fp", collect::num_samples(e.space, "fp", e.collect.fp_samples), m.fp_seconds},
          {"collect quant", collect::num_samples(e.space, "quant", e.collect.quant_samples), m.quant_seconds},
          {"train fp", 1, fit_seconds(static_cast<double>(e.collect.fp_samples), e.train.fp.epochs)},
          {"train quant", static_cast<std::uint64_t>(2 + curve),
           fit_seconds(static_cast<double>(e.collect.quant_samples), e.train.quant.epochs)},
          {"verify", winners, m.quant_seconds / images * tested}};
}

int plan_study(mpi::Communicator const& world, study::Experiment const& e, Options const& o) {
  auto const node = world.node();
  int const ranks_per_node = o.ranks_per_node > 0 ? o.ranks_per_node : node.size();
  std::set<int> sizes;
  for (char const* stage : {"fp", "quant"})
    for (int size : study::sampled_sizes(e, stage, static_cast<std::uint64_t>(o.samples))) sizes.insert(size);
  auto const splits =
      study::load_splits(world, e, {.calibration = true, .validation = true, .smaller = study::smaller_sizes(e.space, std::move(sizes))});
  Measured m;
  mpi::collectively(world, [&] {
    log::root().info("plan: evaluating {} full-precision and {} quantised samples on {} images each", o.samples, o.samples, o.images);
    m = measure(e, splits, cost::CostModel(e.space, e.cost), o);
  });
  for (double* figure : {&m.fp_seconds, &m.quant_seconds, &m.row_epoch_seconds, &m.rank_bytes})
    *figure = mpi::allreduce_max(world, *figure);
  if (!world.is_root()) return 0;

  auto const work = work_of(e, splits, m);
  double const memory = ranks_per_node * m.rank_bytes;
  auto const disk = [&](int ranks) {
    return study::shard_bytes({{e.collect.fp_samples, e.space.num_architecture_genes()}, {e.collect.quant_samples, e.space.num_genes()}},
                              e.collect.shard_rows, ranks);
  };
  if (o.format == "json") {
    nlohmann::ordered_json json{
        {"measured",
         {{"fp_seconds_per_sample", m.fp_seconds}, {"quant_seconds_per_sample", m.quant_seconds}, {"ranks_measured", world.size()}}},
        {"memory_bytes_per_node", memory},
        {"ranks_per_node", ranks_per_node},
        {"plans", nlohmann::json::array()}};
    for (int ranks : o.ranks) {
      nlohmann::ordered_json entry{{"ranks", ranks}, {"disk_bytes", disk(ranks)}, {"stages", nlohmann::json::array()}};
      for (auto const& s : study::plan(work, ranks, e.energy))
        entry["stages"].push_back({{"stage", s.stage}, {"wall_h", s.wall_h}, {"core_h", s.core_h}, {"kwh", s.kwh}, {"gco2e", s.gco2e}});
      json["plans"].push_back(std::move(entry));
    }
    fmt::print("{}\n", json.dump(1));
    return 0;
  }
  fmt::print("{}: a sample takes {:.3g} s in full precision and {:.3g} s quantised on a core of this machine\n\n", e.name, m.fp_seconds,
             m.quant_seconds);
  fmt::print("{:<14} {:>8} {:>12}\n", "stage", "units", "core h");
  for (auto const& w : work)
    fmt::print("{:<14} {:>8} {:>12.4g}\n", w.stage, w.units, static_cast<double>(w.units) * w.seconds_per_unit / 3600);
  fmt::print("\n{:>6} {:>11} {:>11} {:>10} {:>10} {:>10}\n", "ranks", "wall h", "core h", "kWh", "gCO2e", "disk MB");
  for (int ranks : o.ranks) {
    auto const total = study::plan(work, ranks, e.energy).back();
    fmt::print("{:>6} {:>11.4g} {:>11.4g} {:>10.4g} {:>10.4g} {:>10.3g}\n", ranks, total.wall_h, total.core_h, total.kwh, total.gco2e,
               disk(ranks) / 1e6);
  }
  fmt::print("\nmemory per node with {} rank{}: {:.2f} GiB\n", ranks_per_node, ranks_per_node == 1 ? "" : "s",
             memory / (1024.0 * 1024 * 1024));
  fmt::print("energy: declared {:g} W per busy core, PUE {:g}, {:g} gCO2e/kWh ({}); the search and the supernet's training are not in it\n",
             e.energy.watts_per_core, e.energy.pue, e.energy.grid_gco2e_per_kwh, e.energy.grid_source);
  if (e.collect.sequential.is_on()) fmt::print("collection: at most; collect.sequential ends labels that are narrow enough\n");
  return 0;
}

}  // namespace

Body add_plan(CLI::App& app) {
  auto const options = add_experiment_options(app);
  auto const o = std::make_shared<Options>();
  app.add_option("--ranks", o->ranks, "Numbers of ranks to plan for")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--ranks-per-node", o->ranks_per_node, "For the memory of a node (default: as many as run now on this one)")
      ->check(CLI::PositiveNumber);
  app.add_option("--samples", o->samples, "Samples of each stage to measure")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--images", o->images, "Images to measure them on, at most")->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_option("--format", o->format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq plan --config configs/imagenet.yaml --ranks 16,64,256\n"
      "Measures a handful of samples and says what the study will take; starts nothing and writes nothing.");
  return [options, o](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    mpi::collectively(world, [&] {
      if (std::filesystem::exists(experiment.supernet_file())) return;
      throw Error(
          Errc::config,
          fmt::format(
              "plan: {} is not there yet (samples are measured on it); train it with `apq supernet` or name one under supernet.weights",
              experiment.supernet_file().string()));
    });
    return plan_study(world, experiment, *o);
  };
}

}  // namespace apq::app
