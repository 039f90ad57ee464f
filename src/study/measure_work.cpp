#include "study/measure_work.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "collect/sampler.hpp"
#include "common/core/log.hpp"
#include "common/core/random.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "search/predictor_fitness.hpp"
#include "search/search.hpp"
#include "study/sample_time.hpp"
#include "study/uniform_networks.hpp"
#include "train/fit.hpp"
#include "train/kernel_teacher.hpp"
#include "train/metrics.hpp"
#include "train/supernet_trainer.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

/// Seconds of this process's processor time that `work` takes.
template <class Work>
double processor_seconds(Work const& work) {
  auto const now = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  double const start = now();
  work();
  return now() - start;
}

/// Of a cost that grows by equal steps: what is left at 0 steps, and a step.
struct Line {
  double fixed, step;
  double at(double steps) const { return fixed + step * steps; }
};
Line line_through(double steps_a, double seconds_a, double steps_b, double seconds_b) {
  double const step = std::max(0.0, (seconds_b - seconds_a) / (steps_b - steps_a));
  return {std::max(0.0, seconds_a - step * steps_a), step};
}

image::Split first_of(image::Split split, double share) {
  auto const count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(split.indices.size())));
  split.indices.resize(std::min(std::max<std::size_t>(count, 1), split.indices.size()));
  return split;
}

// Bytes of this process in memory, 0 where /proc does not say.
double resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return 1024 * std::stod(line.substr(6));
  return 0;
}

double mean_macs(Experiment const& e, cost::CostModel const& model, std::string const& stage) {
  collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, 500);
  double sum = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) sum += model(samples[i]).macs;
  return sum / static_cast<double>(samples.size());
}

// ---- labels

SampleTime measure_labels(Experiment const& e, fs::path const& weights, image::Splits const& splits, cost::CostModel const& model,
                          std::vector<space::Subnet> const& subnets, MeasureOptions const& o) {
  auto const largest = static_cast<double>(std::max(splits.calibration.size(), splits.validation.size()));
  double const share = std::min(1.0, o.images / largest);
  struct Part {
    image::Split calibration, evaluation;
  };
  std::array<Part, 3> const parts{Part{first_of(splits.calibration, share), first_of(splits.validation, share)},
                                  Part{first_of(splits.calibration, share), first_of(splits.validation, share / 4)},
                                  Part{first_of(splits.calibration, share / 4), first_of(splits.validation, share / 4)}};
  std::vector<MeasuredSubnet> measured(subnets.size());
  for (std::size_t p = 0; p < parts.size(); ++p) {
    evaluate::SupernetEvaluator evaluator(e.space, weights, parts[p].calibration, parts[p].evaluation, e.data, e.evaluator);
    evaluator.evaluate(subnets.front(), 0);  // what is made once is not the samples'
    for (std::size_t i = 0; i < subnets.size(); ++i) {
      throw_if_stopping("plan");
      measured[i].macs = model(subnets[i]).macs;
      measured[i].images = {static_cast<double>(parts[0].calibration.size()), static_cast<double>(parts[0].evaluation.size())};
      measured[i].seconds[p] = processor_seconds([&] { evaluator.evaluate(subnets[i], i); });
    }
  }
  return sample_time(measured);
}

std::vector<space::Subnet> first_samples(Experiment const& e, std::string const& stage, int count) {
  collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, static_cast<std::uint64_t>(count));
  std::vector<space::Subnet> subnets;
  for (std::size_t i = 0; i < samples.size(); ++i) subnets.push_back(space::subnet_of(e.space, samples.genes(i)));
  return subnets;
}

// ---- predictors

// Rows whose accuracies follow their cost, as real ones do in kind: how long a fit takes hardly depends on what they say.
std::vector<h5::Row> invented_rows(Experiment const& e, cost::CostModel const& model, std::string const& stage, std::uint64_t count) {
  collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, count);
  std::vector<h5::Row> rows;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    h5::Row row;
    row.id = i;
    row.genes = samples.genes(i);
    row.total = 10'000;
    auto const cost = model(row.genes);
    double const accuracy = 0.5 + 0.01 * std::log(1 + cost.macs) + 0.005 * std::log(1 + cost.bitops / (1 + cost.macs));
    row.correct = row.correct5 = static_cast<std::uint32_t>(std::clamp(accuracy, 0.0, 1.0) * row.total);
    rows.push_back(std::move(row));
  }
  return rows;
}

struct FitTime {
  double seconds = 0;
  std::optional<train::AccuracyPredictor> predictor;
};

// A fit of `count` rows, from two short ones of at most `most` rows.
FitTime measure_fit(Experiment const& e, cost::CostModel const& model, std::string const& stage, double count,
                    train::AccuracyPredictor const* transfer_from) {
  constexpr double most = 1000;
  auto const& config = stage == "fp" ? e.train.fp : e.train.quant;
  auto const rows = invented_rows(e, model, stage, static_cast<std::uint64_t>(std::max(8.0, std::min(count, most))));
  bool const is_taught = e.train.teacher == train::Teacher::kernel && count <= static_cast<double>(train::KernelTeacher::max_rows);
  FitTime result;
  auto const seconds_of = [&](int epochs) {
    auto settings = e.train;
    auto own = config;
    settings.student.epochs = own.epochs = epochs;
    if (!is_taught) settings.teacher = train::Teacher::none;
    return processor_seconds([&] { result.predictor = train::fit(e.space, rows, settings, own, transfer_from, e.seed); });
  };
  double const one = seconds_of(1), three = seconds_of(3);
  auto const line = line_through(1, one, 3, three);
  double const larger = std::max(1.0, count / static_cast<double>(rows.size()));
  result.seconds = is_taught ? line.fixed * std::pow(larger, 3) + line.step * e.train.student.epochs  // the teacher inverts a matrix
                             : (line.fixed + line.step * config.epochs) * larger;
  return result;
}

void add_training(MeasuredWork& measured, Experiment const& e, cost::CostModel const& model) {
  auto const kept = [&](std::uint64_t samples) { return static_cast<double>(samples) * (1 - e.train.held_out_fraction); };
  auto fp = measure_fit(e, model, "fp", kept(e.collect.fp_samples), nullptr);
  auto const transfer = measure_fit(e, model, "quant", kept(e.collect.quant_samples), &*fp.predictor);
  auto const scratch = measure_fit(e, model, "quant", kept(e.collect.quant_samples), nullptr);
  measured.work.push_back({"train", 1, fp.seconds});
  // Every point of the curve fits both kinds on every split; the study's own fits are among them.
  bool const holds_whole = std::find(e.train.curve.begin(), e.train.curve.end(), 1.0) != e.train.curve.end();
  auto const fits = e.train.curve.size() * static_cast<std::size_t>(e.train.curve_splits) + (holds_whole ? 0 : 1);
  bool const is_taught = e.train.teacher == train::Teacher::kernel;
  double shares = holds_whole ? 0 : 1;  // of a whole fit; with a teacher a fit's time hardly follows its rows
  for (double const share : e.train.curve) shares += e.train.curve_splits * (is_taught ? 1 : share);
  measured.work.push_back({"train", 2 * fits, (transfer.seconds + scratch.seconds) / 2 * shares / static_cast<double>(fits)});
  // Intervals of the figures: every rank works them out.
  auto const held_out = static_cast<std::size_t>(std::max(2.0, static_cast<double>(e.collect.quant_samples) * e.train.held_out_fraction));
  std::vector<double> values;
  RandomStream random(e.seed, "plan.bootstrap");
  for (std::size_t i = 0; i < held_out; ++i) values.push_back(random.uniform());
  double const judged = processor_seconds([&] { train::measure(values, values, e.train.bootstrap, e.seed); });
  measured.work.push_back({"train", 1, 4 * judged});
}

// ---- search

void add_search(MeasuredWork& measured, Experiment const& e, cost::CostModel const& model, double quant_seconds) {
  auto const& config = e.search.evolution;
  std::vector<search::Scenario> scenarios;
  // What every rank works out for itself before the first generation.
  double const begin = processor_seconds([&] {
    cost::CostModel const own(e.space, e.cost);
    scenarios = search::resolve_scenarios(e.space, own, e.search.scenarios, e.seed);
  });
  measured.work.push_back({"search", 1, begin});
  if (e.search.fitness == search::FitnessKind::measured) {
    auto const candidates = static_cast<std::uint64_t>(config.population + config.generations * (config.mutants + config.crossovers));
    measured.work.push_back({"search", scenarios.size() * candidates, quant_seconds});
    return;
  }
  search::PredictorFitness fitness(e.space, train::AccuracyPredictor(space::Encoding(e.space), true, e.seed, e.train.hidden), false);
  auto const alone = mpi::Communicator::alone();
  auto const seconds_of = [&](int generations) {
    auto shorter = config;
    shorter.generations = generations;
    return processor_seconds([&] { search::run_search(alone, e.space, model, fitness, shorter, scenarios, e.seed, {}); });
  };
  int const few = std::min(config.generations, 10), some = std::min(config.generations, 40);
  double const at_few = seconds_of(few);
  double const total = few == some ? at_few : line_through(few, at_few, some, seconds_of(some)).at(config.generations);
  constexpr std::uint64_t parts = 1'000'000;
  measured.work.push_back({"search", parts, total / static_cast<double>(parts)});
}

// ---- verification

// MACs of networks that stand for those to be verified: a random one under each scenario's limits for its winner, and for its best
// collected sample the largest of them, each once.
std::vector<double> macs_to_verify(Experiment const& e, cost::CostModel const& model) {
  collect::Samples const samples(e.space, e.seed, "quant", e.collect.policies_per_architecture,
                                 std::max<std::uint64_t>(e.collect.quant_samples, 1));
  std::vector<double> macs;
  std::set<std::size_t> largest;
  for (auto const& scenario : search::resolve_scenarios(e.space, model, e.search.scenarios, e.seed)) {
    double sum = 0, most = -1;
    std::size_t count = 0, chosen = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      auto const cost = model(samples[i]);
      if (!search::is_met(scenario.limits, cost)) continue;
      sum += cost.macs;
      ++count;
      if (cost.macs > most) most = cost.macs, chosen = i;
    }
    macs.push_back(count > 0 ? sum / static_cast<double>(count) : model(scenario.fallback).macs);
    if (count > 0 && largest.insert(chosen).second) macs.push_back(most);
  }
  return macs;
}

struct LabelTimes {
  SampleTime fp, quant;                  // of random samples
  SampleTime largest_fp, largest_quant;  // of the largest network
};

// Each network on the validation and on the test images: winners, the best collected samples, and the largest network at uniform widths.
void add_verification(MeasuredWork& measured, Experiment const& e, cost::CostModel const& model, image::Splits const& splits,
                      LabelTimes const& times, double seconds_per_decoded) {
  auto const calibration = static_cast<double>(splits.calibration.size());
  auto const seconds_of = [&](SampleTime const& time, double macs) {
    return time(macs, {calibration, static_cast<double>(splits.validation.size())}) +
           time(macs, {calibration, static_cast<double>(splits.test.size())});
  };
  double total = 0;
  auto const chosen = macs_to_verify(e, model);
  for (double const macs : chosen) total += seconds_of(times.quant, macs);
  auto const uniform = uniform_networks(e.space);
  for (auto const& network : uniform)
    total += seconds_of(network.bits ? times.largest_quant : times.largest_fp, model(network.subnet).macs);
  auto const networks = chosen.size() + uniform.size();
  measured.work.push_back({"verify", networks, total / static_cast<double>(networks)});
  measured.work.push_back({"verify", splits.calibration.size() + splits.validation.size() + splits.test.size(), seconds_per_decoded});
}

// ---- supernet

/// Trains a little, per phase, into `output`: weights as good as any to time samples with. There are images for one step at least.
void add_supernet(MeasuredWork& measured, Experiment const& e, image::Splits const& splits, fs::path const& output) {
  int const some = static_cast<int>(splits.train.size()) / e.supernet.batch, few = std::max(1, some / 3);
  auto const alone = mpi::Communicator::alone();
  auto const seconds_of = [&](bool sandwich, int steps) {
    auto config = e.supernet;
    config.teacher_epochs = sandwich ? 0 : 1;
    config.epochs = sandwich ? 1 : 0;
    config.checkpoint_epochs = 10'000;
    auto part = splits;
    part.train.indices.resize(static_cast<std::size_t>(steps * config.batch));
    return processor_seconds([&] { train::train_supernet(alone, e.space, part, e.data, config, e.seed, output); });
  };
  auto const steps = static_cast<double>(e.data.train_images / e.supernet.batch);
  double total = 0;
  for (bool const sandwich : {false, true}) {
    int const epochs = sandwich ? e.supernet.epochs : e.supernet.teacher_epochs;
    if (epochs == 0) continue;
    double const at_few = seconds_of(sandwich, few);
    auto const line = few == some ? Line{0, at_few / few} : line_through(few, at_few, some, seconds_of(sandwich, some));
    total += epochs * line.at(steps);
  }
  constexpr std::uint64_t parts = 1'000'000;
  measured.work.push_back({"supernet", parts, total / static_cast<double>(parts)});
}

/// A file of this rank that goes with the object.
struct TemporaryFile {
  fs::path path = fs::temp_directory_path() / fmt::format("apq-plan-{}.pt", ::getpid());
  ~TemporaryFile() {
    std::error_code ec;
    for (char const* extension : {".pt", ".log.jsonl", ".checkpoint"}) fs::remove(fs::path(path).replace_extension(extension), ec);
  }
};

}  // namespace

MeasuredWork measure_work(StudyRun& run, MeasureOptions const& o) {
  auto const& e = run.experiment;
  bool const trains = e.supernet_weights.empty() && !fs::exists(e.supernet_file());
  constexpr int most_steps = 6;
  // Of the training images only those that are trained on here are decoded.
  auto data = e.data;
  if (trains) data.train_images = std::min(data.train_images, most_steps * e.supernet.batch);
  std::set<int> sizes;
  for (char const* stage : {"fp", "quant"}) {
    collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, static_cast<std::uint64_t>(o.samples));
    for (std::size_t i = 0; i < samples.size(); ++i) sizes.insert(space::image_size_of(e.space, samples[i]));
  }
  image::Splits splits;
  double decoding = processor_seconds([&] {
    splits =
        image::load_splits(run.comm, data, image_shape(e.space),
                           {.train = trains, .calibration = true, .validation = true, .smaller = smaller_sizes(e.space, std::move(sizes))});
  });
  auto const decoded = splits.calibration.size() + splits.validation.size() + (trains ? splits.train.size() : 0);
  double seconds_per_decoded = decoding * run.comm.node().size() / static_cast<double>(decoded);

  MeasuredWork measured;
  mpi::collectively(run.comm, [&] {
    log::root().info("plan: evaluating {} full-precision and {} quantised samples, each on three parts of at most {} images", o.samples,
                     o.samples, o.images);
    cost::CostModel const model(e.space, e.cost);
    TemporaryFile temporary;
    if (trains) add_supernet(measured, e, splits, temporary.path);
    auto const weights = trains ? temporary.path : e.supernet_file();
    auto const time_of = [&](std::vector<space::Subnet> const& subnets) { return measure_labels(e, weights, splits, model, subnets, o); };
    auto const uniform = uniform_networks(e.space);
    LabelTimes const times{time_of(first_samples(e, "fp", o.samples)), time_of(first_samples(e, "quant", o.samples)),
                           time_of({uniform.front().subnet}), time_of({uniform.back().subnet})};
    measured.rank_bytes = resident_bytes();
    LabelImages const images{static_cast<double>(splits.calibration.size()), static_cast<double>(splits.validation.size())};
    measured.fp_seconds = times.fp(mean_macs(e, model, "fp"), images);
    measured.quant_seconds = times.quant(mean_macs(e, model, "quant"), images);
    for (auto const& [stage, samples, seconds] : {std::tuple("fp", e.collect.fp_samples, measured.fp_seconds),
                                                  std::tuple("quant", e.collect.quant_samples, measured.quant_seconds)}) {
      measured.work.push_back({std::string("collect.") + stage, collect::num_samples(e.space, stage, samples), seconds});
      measured.work.push_back({std::string("collect.") + stage, splits.calibration.size() + splits.validation.size(), seconds_per_decoded});
    }
    add_training(measured, e, model);
    add_search(measured, e, model, measured.quant_seconds);
    add_verification(measured, e, model, splits, times, seconds_per_decoded);
  });
  auto const gpus = mpi::allreduce_max(run.comm, static_cast<double>(evaluate::gpus_held(e.evaluator).size()));
  for (auto& part : measured.work) {
    part.seconds_per_unit = mpi::allreduce_max(run.comm, part.seconds_per_unit);
    if (part.stage.starts_with("collect.") || part.stage == "verify") part.gpus_per_rank = static_cast<int>(gpus);
  }
  for (double* figure : {&measured.fp_seconds, &measured.quant_seconds, &measured.rank_bytes})
    *figure = mpi::allreduce_max(run.comm, *figure);
  return measured;
}

}  // namespace apq::study
