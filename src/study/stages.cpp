#include "study/stages.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "collect/collector.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "search/measured_fitness.hpp"
#include "search/predictor_fitness.hpp"
#include "study/admission.hpp"
#include "study/label_identity.hpp"
#include "study/predictors.hpp"
#include "study/search_result.hpp"
#include "study/unlabelled.hpp"
#include "study/verification.hpp"
#include "train/supernet_trainer.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

// The collected quantised samples, best first: what the evolution may begin with.
std::vector<space::Genes> best_first(std::vector<h5::Row> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](h5::Row const& a, h5::Row const& b) {
    return static_cast<std::uint64_t>(a.correct) * b.total > static_cast<std::uint64_t>(b.correct) * a.total;
  });
  std::vector<space::Genes> genes;
  for (auto& row : rows) genes.push_back(std::move(row.genes));
  return genes;
}

void search_winners(StudyRun& run) {
  auto const& comm = run.comm;
  auto const& e = run.experiment;
  auto const& collected = run.rows("quant");
  std::unique_ptr<cost::CostModel> cost_model;
  std::unique_ptr<evaluate::Evaluator> evaluator;
  std::unique_ptr<search::Fitness> fitness;
  std::vector<space::Genes> initial;
  std::vector<search::Scenario> scenarios;
  image::Splits splits;
  net::Supernet supernet;
  if (e.search.fitness == search::FitnessKind::measured) {
    splits = load_splits(comm, e, {.calibration = true, .validation = true});
    supernet = evaluate::supernet_of_root(comm, e.space, e.supernet_file());
  }
  mpi::collectively(comm, [&] {
    cost_model = std::make_unique<cost::CostModel>(e.space, e.cost);
    scenarios = search::resolve_scenarios(e.space, *cost_model, e.search.scenarios, e.seed);
    initial = best_first(collected.rows);
    if (e.search.fitness == search::FitnessKind::measured) {
      evaluator = std::make_unique<evaluate::SupernetEvaluator>(supernet, splits.calibration, splits.validation, e.data, e.evaluator);
      fitness = std::make_unique<search::MeasuredFitness>(e.space, *evaluator);
    } else {
      fitness = std::make_unique<search::PredictorFitness>(e.space, e.layout.predictor_quant(), e.search.evolution.slips.blind_to_bits);
    }
  });
  auto const outcome = search::run_search(comm, e.space, *cost_model, *fitness, e.search.evolution, std::move(scenarios), e.seed, initial);
  for (auto const& found : outcome.results)
    log::root().info("search: {} -> {:.2f} % {}", search::describe(found.scenario.limits), 100 * found.winner.fitness, fitness->name());
  mpi::collectively(comm, [&] {
    if (comm.is_root()) write_search_result(e.layout, e.space, record_of(*cost_model, e.search, fitness->name(), e.seed, outcome));
  });
}

// Hash of the weights that the study's labels were made with; empty: there are none. On root.
std::string weights_of_labels(StudyRun& run) {
  for (char const* stage : {"fp", "quant"})
    if (auto const identity = identity_of_labels(run, stage))
      if (auto const weights = identity->find("supernet"); weights != identity->end()) return weights->second;
  return {};
}

// Hash of a file's weights; empty where it holds none. On root.
std::string weights_in(Experiment const& e, fs::path const& file) {
  std::error_code ec;
  if (!fs::exists(file, ec)) return {};
  try {
    return evaluate::supernet_hash(e.space, file);
  } catch (Error const& error) {
    if (error.code() != Errc::data) throw;
    log::root().warn("{}", error.what());
    return {};
  }
}

// Weights that labels were made with are replaced by the same weights only; they lie aside until they are known to be.
void restore_supernet(StudyRun& run, std::string const& wanted, std::function<void()> const& saved) {
  auto const& e = run.experiment;
  auto const again = e.layout.root / "supernet_again.pt";
  train_supernet_to(run, again, {}, saved);
  mpi::collectively(run.comm, [&] {
    if (!run.comm.is_root()) return;
    if (weights_in(e, again) != wanted)
      throw Error(Errc::data, fmt::format("{}: the labels' supernet is not there, and trained again it is another one ({}); put the file "
                                          "back, train on as many ranks as before, or choose another study.dir",
                                          e.layout.supernet().string(), again.string()));
    fs::rename(fs::path(again).replace_extension(".log.jsonl"), e.layout.supernet().replace_extension(".log.jsonl"));
    fs::rename(again, e.layout.supernet());
  });
}

}  // namespace

void train_supernet_to(StudyRun& run, fs::path const& file, std::function<bool()> const& may_write, std::function<void()> const& saved) {
  auto const& comm = run.comm;
  auto const& e = run.experiment;
  auto const splits = load_splits(comm, e, {.train = true, .calibration = true, .validation = true, .smaller = std::vector<int>{}});
  mpi::collectively(comm, [&] {
    if (comm.is_root() && file.has_parent_path()) make_directory(file.parent_path());
  });
  train::train_supernet(comm, e.space, splits, e.data, e.supernet, e.seed, file, may_write, saved);
}

void supernet_stage(StudyRun& run, Redo redo) {
  auto const& e = run.experiment;
  auto const body = [&](energy::StageMeter& meter) {
    // Training goes on from its checkpoints: what led to one is not lost any more.
    auto const saved = [&] { meter.claim_until_now(&energy::Uses::useful); };
    std::string wanted, there;
    mpi::collectively(run.comm, [&] {
      if (!run.comm.is_root()) return;
      wanted = weights_of_labels(run);
      if (!wanted.empty()) there = weights_in(e, e.layout.supernet());
    });
    wanted = mpi::broadcast(run.comm, wanted);
    there = mpi::broadcast(run.comm, there);
    if (wanted.empty()) {
      // Others may label with what another job trained meanwhile, on other ranks and so otherwise.
      train_supernet_to(
          run, e.layout.supernet(), [&] { return run.job().holds("supernet"); }, saved);
    } else if (wanted == there) {  // its stamp is lost
      log::root().info("supernet: is the one that the labels were made with");
      return false;
    } else {
      log::root().warn("{}: {}; it is trained again", e.layout.supernet().string(),
                       there.empty() ? "the labels' supernet is not there" : "is another supernet than the labels were made with");
      restore_supernet(run, wanted, saved);
    }
    return true;
  };
  run_stage(run, "supernet", body, redo);
}

void collect_stage(StudyRun& run, std::string const& stage, Quarantined quarantined) {
  auto const& comm = run.comm;
  auto const& e = run.experiment;
  auto const wanted_samples = num_samples(e, stage);
  // A stage that is complete but for these is done again; root decides.
  bool const is_open = quarantined == Quarantined::retried && comm.is_root() && unlabelled_samples(e.layout, stage).count > 0;
  auto const redo = is_open ? Redo::always : Redo::when_needed;
  run_stage(
      run, "collect." + stage,
      [&](energy::StageMeter& meter) {
        auto const shape = image_shape(e.space);
        auto listed = image::list_sources(comm, e.data, shape);
        image::Wanted const wanted{.calibration = true, .validation = true, .smaller = sampled_sizes(e, stage, wanted_samples)};
        auto const decode = [&](image::Wanted const& w) {
          return image::decode_splits(comm, listed.training, listed.test, e.data, shape, w);
        };
        // What labels depend on is known without a pixel, unless damaged images may be left out.
        bool const decode_late = !e.data.may_leave_out();
        auto splits = decode(decode_late ? image::Wanted{} : wanted);
        std::string weights;
        mpi::collectively(comm, [&] {
          if (comm.is_root()) weights = run.weights_hash();
        });
        weights = mpi::broadcast(comm, weights);
        net::Supernet supernet;
        collect::CollectRequest request;
        mpi::collectively(comm, [&] {
          request = {.space = &e.space,
                     .header = shard_header(e, stage, splits, weights),
                     .num_samples = wanted_samples,
                     .study = e.layout,
                     .config = e.collect,
                     .jobs = e.jobs,
                     .heartbeat = run.job().heart(),
                     .retry_quarantined = quarantined == Quarantined::retried};
        });
        cost::CostModel const cost_model(e.space, {});
        request.cost_of = [&](space::Genes const& genes) { return cost_model(genes).macs; };
        request.prepare = [&] {
          if (decode_late) splits = decode(wanted);
          supernet = evaluate::supernet_of_root(comm, e.space, e.supernet_file());
          listed = {};  // holds unpacked files on root
        };
        request.joules = [&] { return meter.joules(); };
        request.claim = [&](double energy::Uses::*use, double joules) { meter.claim(use, joules); };
        auto const result = collect::collect(comm, std::move(request), [&]() -> std::unique_ptr<evaluate::Evaluator> {
          return std::make_unique<evaluate::SupernetEvaluator>(supernet, splits.calibration, splits.validation, e.data, e.evaluator,
                                                               e.collect.sequential);
        });
        run.forget_rows(stage);
        if (result.collected == 0) log::root().info("collect {}: all {} samples are there already", stage, result.already_there);
        return result.collected > 0;
      },
      redo);
}

void train_stage(StudyRun& run, Redo redo) {
  auto const& e = run.experiment;
  run_stage(
      run, "train",
      [&](energy::StageMeter&) {
        train_predictors(run.comm, e.space, e.layout, {&run.rows("fp"), &run.rows("quant")}, e.train, e.seed);
        return true;
      },
      redo);
}

void search_stage(StudyRun& run, Redo redo) {
  run_stage(
      run, "search",
      [&](energy::StageMeter&) {
        search_winners(run);
        return true;
      },
      redo);
}

void verify_stage(StudyRun& run, Redo redo) {
  auto const& e = run.experiment;
  run_stage(
      run, "verify",
      [&](energy::StageMeter&) {
        auto const splits = load_splits(run.comm, e, {.calibration = true, .validation = true, .test = true});
        verify_winners(run.comm, e, splits, run.rows("quant"));
        return true;
      },
      redo);
}

}  // namespace apq::study
