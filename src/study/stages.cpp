#include "study/stages.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "collect/collector.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/dataset.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "search/measured_fitness.hpp"
#include "search/predictor_fitness.hpp"
#include "search/search_files.hpp"
#include "study/stage_stamp.hpp"
#include "study/verification.hpp"
#include "train/train_stage.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Everything but the subnet that a label depends on, by name.
std::map<std::string, std::string> identity_of(Experiment const& e, image::Splits const& splits) {
  auto const images = [](image::Split const& split) { return fmt::format("{} images {}", split.size(), split.fingerprint); };
  auto const& v = e.evaluator;
  return {{"supernet", evaluate::supernet_hash(e.space, e.supernet_file())},
          {"data.calibration", images(splits.calibration)},
          {"data.validation", images(splits.validation)},
          {"data.normalisation", e.data.normalisation.text()},
          {"evaluator.batch", std::to_string(v.batch)},
          {"evaluator.calibration_batch", std::to_string(v.calibration_batch)},
          {"evaluator.fidelity", std::string(net::fidelity_kind_names(v.fidelity))},
          {"evaluator.engine", std::string(engine::engine_kind_names(engine::resolved(v.engine)))},
          {"collect.sequential", e.collect.sequential.is_on() ? e.collect.sequential.text().substr(1) : "off"}};
}

h5::ShardHeader header_of(Experiment const& e, std::string const& stage, image::Splits const& splits) {
  auto const build = build_info();
  h5::ShardHeader header;
  header.stage = stage;
  header.seed = e.seed;
  header.space_hash = e.space.hash;
  header.space_name = e.space.name;
  header.identity = identity_of(e, splits);
  header.engine = evaluate::engine_name(e.evaluator);
  header.config = e.resolved;
  header.code_version = build.version;
  header.libraries = fmt::format("LibTorch {}, HDF5 {}, MPI {}, {}", build.torch, build.hdf5, build.mpi, build.compiler);
  header.host = host_name();
  header.source = "collected";
  return header;
}

// Content of both datasets: what training and search depend on beside their settings.
std::string datasets_key(Experiment const& e) {
  return h5::content_hash(h5::read_stage(e.layout, "fp").rows) + h5::content_hash(h5::read_stage(e.layout, "quant").rows);
}

std::string broadcast_key(mpi::Communicator const& comm, std::function<std::string()> const& make) {
  std::string key;
  mpi::collectively(comm, [&] {
    if (comm.is_root()) key = make();
  });
  return mpi::broadcast(comm, key);
}

// Runs `work` as a measured stage unless its output is there for the same inputs.
void run_once(mpi::Communicator const& comm, Experiment const& e, std::string const& stage, std::function<std::string()> const& make_key,
              fs::path const& output, std::function<void()> const& work) {
  auto const key = broadcast_key(comm, make_key);
  auto const done = broadcast_key(comm, [&] { return is_done(e.layout, stage, key, output) ? "yes" : "no"; });
  if (done == "yes") {
    log::root().info("{}: is there already", stage);
    return;
  }
  energy::StageMeter meter(comm, e.energy, stage);
  work();
  meter.finish(e.layout.ledger());
  mpi::collectively(comm, [&] {
    if (comm.is_root()) mark_done(e.layout, stage, key);
  });
}

// The collected quantised samples, best first: what the evolution may begin with.
std::vector<space::Genes> best_collected(Experiment const& e) {
  auto rows = h5::read_stage(e.layout, "quant").rows;
  std::stable_sort(rows.begin(), rows.end(), [](h5::Row const& a, h5::Row const& b) {
    return static_cast<std::uint64_t>(a.correct) * b.total > static_cast<std::uint64_t>(b.correct) * a.total;
  });
  std::vector<space::Genes> genes;
  for (auto& row : rows) genes.push_back(std::move(row.genes));
  return genes;
}

void search_winners(mpi::Communicator const& comm, Experiment const& e) {
  std::unique_ptr<cost::CostModel> cost_model;
  std::unique_ptr<evaluate::Evaluator> evaluator;
  std::unique_ptr<search::Fitness> fitness;
  std::vector<space::Genes> initial;
  std::vector<search::Scenario> scenarios;
  image::Splits splits;
  if (e.search.fitness == "measured") splits = load_splits(comm, e, {.calibration = true, .validation = true});
  mpi::collectively(comm, [&] {
    cost_model = std::make_unique<cost::CostModel>(e.space, e.cost);
    scenarios = search::resolve_scenarios(e.space, *cost_model, e.search.scenarios, e.seed);
    initial = best_collected(e);
    if (e.search.fitness == "measured") {
      evaluator = std::make_unique<evaluate::SupernetEvaluator>(e.space, e.supernet_file(), splits.calibration, splits.validation, e.data,
                                                                e.evaluator);
      fitness = std::make_unique<search::MeasuredFitness>(e.space, *evaluator);
    } else {
      fitness = std::make_unique<search::PredictorFitness>(e.space, e.layout.predictor_quant(), e.search.evolution.slips.blind_to_bits);
    }
  });
  auto const outcome = search::run_search(comm, e.space, *cost_model, *fitness, e.search.evolution, std::move(scenarios), e.seed, initial);
  mpi::collectively(comm, [&] {
    if (comm.is_root())
      search::write_search(e.layout, e.space, search::to_json(e.space, *cost_model, e.search, fitness->name(), e.seed, outcome), outcome);
  });
}

}  // namespace

void train_supernet_stage(mpi::Communicator const& comm, Experiment const& e, fs::path const& output) {
  auto const file = output.empty() ? e.layout.supernet() : output;
  if (output.empty() && fs::exists(file)) {
    log::root().info("supernet: {} is there already", file.string());
    return;
  }
  auto const splits = load_splits(comm, e, {.train = true, .calibration = true, .validation = true, .smaller = std::vector<int>{}});
  mpi::collectively(comm, [&] {
    if (comm.is_root() && file.has_parent_path()) make_directory(file.parent_path());
    if (comm.is_root()) make_directory(e.layout.root);
  });
  energy::StageMeter meter(comm, e.energy, "supernet");
  train::train_supernet(comm, e.space, splits, e.data, e.supernet, e.seed, file);
  meter.finish(e.layout.ledger());
}

void collect_stage(mpi::Communicator const& comm, Experiment const& e, std::string const& stage) {
  auto const num_samples = stage == "fp" ? e.collect.fp_samples : e.collect.quant_samples;
  energy::StageMeter meter(comm, e.energy, "collect." + stage, evaluate::gpus_held(e.evaluator));
  auto const shape = image_shape(e.space);
  auto listed = image::list_sources(comm, e.data, shape);
  image::Wanted const wanted{.calibration = true, .validation = true, .smaller = sampled_sizes(e, stage, num_samples)};
  auto const decode = [&](image::Wanted const& w) { return image::decode_splits(comm, listed.training, listed.test, e.data, shape, w); };
  // What labels depend on is known without a pixel, unless damaged images may be left out.
  bool const decode_late = e.data.max_damaged == 0;
  auto splits = decode(decode_late ? image::Wanted{} : wanted);
  collect::CollectRequest request;
  mpi::collectively(comm, [&] {
    request = {.space = &e.space,
               .header = header_of(e, stage, splits),
               .num_samples = num_samples,
               .directory = e.layout.shards(stage),
               .joined = e.layout.joined(stage),
               .config = e.collect};
  });
  cost::CostModel const cost_model(e.space, {});
  request.cost_of = [&](space::Genes const& genes) { return cost_model(genes).macs; };
  request.prepare = [&] {
    if (decode_late) splits = decode(wanted);
    listed = {};  // holds unpacked files on root
  };
  request.joules = [&] { return meter.joules(); };
  auto const result = collect::collect(comm, std::move(request), [&]() -> std::unique_ptr<evaluate::Evaluator> {
    return std::make_unique<evaluate::SupernetEvaluator>(e.space, e.supernet_file(), splits.calibration, splits.validation, e.data,
                                                         e.evaluator, e.collect.sequential);
  });
  if (result.collected == 0) {
    log::root().info("collect {}: all {} samples are there already", stage, result.already_there);
    return;
  }
  meter.finish(e.layout.ledger());
}

void train_stage(mpi::Communicator const& comm, Experiment const& e) {
  run_once(
      comm, e, "train", [&] { return sha256_of(datasets_key(e) + e.sections.at("train") + std::to_string(e.seed)); },
      e.layout.train_metrics(), [&] { train::run_train_stage(comm, e.space, e.layout, e.train, e.seed); });
}

void search_stage(mpi::Communicator const& comm, Experiment const& e) {
  auto make_key = [&] {
    return sha256_of(datasets_key(e) + sha256_of_file(e.layout.predictor_quant()) + e.sections.at("search") + e.sections.at("cost") +
                     std::to_string(e.seed));
  };
  run_once(comm, e, "search", make_key, e.layout.search_summary(), [&] { search_winners(comm, e); });
}

void verify_stage(mpi::Communicator const& comm, Experiment const& e) {
  auto make_key = [&] { return sha256_of(sha256_of_file(e.layout.search_summary()) + datasets_key(e)); };
  run_once(comm, e, "verify", make_key, e.layout.verification(), [&] {
    auto const splits = load_splits(comm, e, {.calibration = true, .validation = true, .test = true});
    h5::Dataset collected;
    mpi::collectively(comm, [&] { collected = h5::read_stage(e.layout, "quant"); });
    verify_winners(comm, e, splits, collected);
  });
}

}  // namespace apq::study
