#include "unit/report/synthetic_study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/core/atomic_file.hpp"
#include "common/core/random.hpp"
#include "common/h5/shard.hpp"
#include "study/records/search.hpp"
#include "study/records/training.hpp"
#include "study/records/verification.hpp"
#include "support/energy_run.hpp"

namespace apq::test {
namespace {

constexpr std::uint32_t num_images = 2000, num_test_images = 10'000;

std::uint32_t draw_hits(double accuracy, std::uint32_t total, RandomStream& random) {
  double const spread = std::sqrt(accuracy * (1 - accuracy) * total);
  return static_cast<std::uint32_t>(std::clamp(std::round(accuracy * total + spread * random.normal()), 0.0, 1.0 * total));
}

// Rises with bit operations and falls off at the low end, as measured studies do.
double true_accuracy(cost::Cost const& cost, double largest, bool quantised) {
  double const size = std::log(largest / std::max(cost.bitops, 1.0));
  return (quantised ? 0.915 : 0.921) - 0.008 * size - 0.004 * size * size * (quantised ? 1.0 : 0.5);
}

train::Estimate estimate(double value, double half) { return {value, value - half, value + half}; }

train::Verdict verdict(double tau, double rmse, std::vector<h5::Row> const& rows, std::size_t n, RandomStream& random) {
  train::Verdict v{{estimate(tau, 0.08), estimate(tau + 0.15, 0.06), estimate(0.5 + tau / 2, 0.04), estimate(rmse, 0.1)}, {}};
  for (std::size_t i = 0; i < n; ++i)
    v.held_out.push_back(
        {rows[i].id, static_cast<double>(rows[i].correct) / rows[i].total + rmse / 100 * random.normal(), rows[i].correct, rows[i].total});
  return v;
}

std::vector<h5::Row> rows_of(space::SearchSpace const& space, cost::CostModel const& cost_model, bool quantised, std::uint64_t n,
                             double largest) {
  std::vector<h5::Row> rows;
  for (std::uint64_t id = 0; id < n; ++id) {
    RandomStream random(7, quantised ? "synthetic.quant" : "synthetic.fp", id);
    h5::Row row;
    row.id = id;
    row.genes = space::random_genes(space, random, quantised);
    row.correct = draw_hits(true_accuracy(cost_model(row.genes), largest, quantised), num_images, random);
    row.correct5 = num_images - 10;
    row.total = num_images;
    row.loss = 0.3f;
    row.seconds = quantised ? 1.9f : 0.8f;
    row.joules = 10 * row.seconds;
    rows.push_back(std::move(row));
  }
  return rows;
}

double largest_bitops(space::SearchSpace const& space, cost::CostModel const& cost_model, bool quantised) {
  double largest = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(8, "synthetic.largest", i);
    largest = std::max(largest, cost_model(space::random_genes(space, random, quantised)).bitops);
  }
  return largest;
}

void write_stage(StudyLayout const& layout, space::SearchSpace const& space, std::string const& stage, std::vector<h5::Row> const& rows) {
  if (rows.empty()) return;
  h5::Shard shard;
  shard.header.stage = stage;
  shard.header.seed = 7;
  shard.header.space_hash = space.hash;
  shard.header.space_name = space.name;
  shard.header.identity = {{"supernet", std::string(64, 'a')},
                           {"data.validation", std::string(64, 'c')},
                           {"data.calibration", std::string(64, 'd')},
                           {"evaluator.fidelity", "corrected"}};
  shard.header.engine = "reference";
  shard.header.code_version = "0.1.0";
  shard.header.source = "invented";
  shard.header.num_genes = static_cast<int>(rows.front().genes.size());
  shard.rows = rows;
  make_directory(layout.shards(stage));
  h5::write_shard(layout.shards(stage) / "rank0000_0000.h5", shard);
}

}  // namespace

void write_synthetic_study(StudyLayout const& layout, space::SearchSpace const& space, cost::CostModel const& cost_model,
                           std::uint64_t num_fp, std::uint64_t num_quant) {
  make_directory(layout.root);
  replace_file(layout.config(), "study: {name: \"synthetic <study>\", seed: 7}\n# an invented study\n");
  RandomStream random(7, "synthetic.study");
  double const largest = largest_bitops(space, cost_model, true);
  auto const fp = rows_of(space, cost_model, false, num_fp, largest_bitops(space, cost_model, false));
  auto const quant = rows_of(space, cost_model, true, num_quant, largest);
  write_stage(layout, space, "fp", fp);
  write_stage(layout, space, "quant", quant);
  if (fp.size() < 80 || quant.size() < 40) return;

  study::Training training;
  training.fp = {fp.size(), fp.size() - 80, std::string(64, 'e'), "mlp 3x400", verdict(0.71, 0.45, fp, 80, random), std::nullopt};
  training.quant = {quant.size(),
                    quant.size() - 40,
                    std::string(64, 'f'),
                    "mlp 3x400",
                    verdict(0.645, 0.55, quant, 40, random),
                    verdict(0.58, 0.72, quant, 40, random),
                    estimate(0.065, 0.04),
                    estimate(0.03, 0.02),
                    estimate(-0.17, 0.2),
                    {}};
  for (std::size_t const n : {20, 40, 80, 120, 160}) {
    auto const x = static_cast<double>(n);
    training.quant->curve.push_back({n, 3, {0.66 - 2.4 / x, 0.8, 0.55 + 6 / x}, {0.63 - 6 / x, 0.75, 0.6 + 14 / x}});
  }
  study::write_training(layout.train_metrics(), training);

  std::vector<search::Candidate> candidates;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    RandomStream stream(9, "synthetic.candidate", i);
    auto genes = space::random_genes(space, stream, true);
    auto const cost = cost_model(genes);
    candidates.push_back({genes, cost, true_accuracy(cost, largest, true) + 0.004 * stream.uniform()});
  }
  std::sort(candidates.begin(), candidates.end(), [](auto const& a, auto const& b) { return a.cost.latency_ms < b.cost.latency_ms; });
  study::Search search{.fitness = "predictor",
                       .cost_model = cost_model.description(),
                       .population = 100,
                       .generations = 200,
                       .seed = 7,
                       .candidates = 100'500,
                       .scenarios = {},
                       .front = {}};
  study::Verification verification{num_test_images, std::string(64, 'b'), {}, {}};
  double best_so_far = 0;
  for (auto const& c : candidates)
    if (c.fitness > best_so_far) best_so_far = c.fitness, search.front.push_back(c);

  auto const add = [&](cost::Metric metric, double quantile) {
    std::vector<double> costs;
    for (auto const& c : candidates) costs.push_back(cost::value_of(c.cost, metric));
    std::sort(costs.begin(), costs.end());
    double const limit = costs[static_cast<std::size_t>(quantile * static_cast<double>(costs.size()))];
    search::Candidate const* best = nullptr;
    for (auto const& c : candidates)
      if (cost::value_of(c.cost, metric) <= limit && (!best || c.fitness > best->fitness)) best = &c;
    h5::Row const* rival = nullptr;
    for (auto const& row : quant)
      if (cost::value_of(cost_model(row.genes), metric) <= limit && (!rival || row.correct > rival->correct)) rival = &row;
    study::SearchedScenario scenario{{{{metric, limit}}, quantile, *best}, {}};
    for (int g = 0; g < 200; ++g) {
      double const level = best->fitness - 0.02 * std::exp(-g / 25.0);
      scenario.history.push_back({g, level, level - 0.004, level - 0.01, static_cast<std::uint64_t>(100 * (g + 1))});
    }
    search.scenarios.push_back(std::move(scenario));
    study::Counts const on_validation{draw_hits(best->fitness, num_images, random), num_images};
    study::Counts const on_test{draw_hits(best->fitness - 0.003, num_test_images, random), num_test_images};
    study::VerifiedWinner winner{{{metric, limit}}, best->fitness, {best->genes, best->cost, on_validation, on_test}, {}};
    if (rival) {
      auto const cost = cost_model(rival->genes);
      winner.best_collected = {rival->id,
                               {rival->genes,
                                cost,
                                {rival->correct, rival->total},
                                {draw_hits(true_accuracy(cost, largest, true) - 0.006, num_test_images, random), num_test_images}}};
    }
    verification.winners.push_back(std::move(winner));
  };
  add(cost::Metric::latency_ms, 0.1);
  add(cost::Metric::latency_ms, 0.3);
  add(cost::Metric::latency_ms, 0.6);
  add(cost::Metric::energy_mj, 0.3);
  add(cost::Metric::bitops, 0.3);
  study::write_search(layout.search_summary(), search, space);
  double const unknown = std::numeric_limits<double>::quiet_NaN();
  cost::Cost full, quantised;
  full.bitops = 3e9, full.latency_ms = unknown;
  quantised.bitops = 1e8, quantised.latency_ms = 0.2;
  verification.uniform = {{std::nullopt, full, {1900, 2000}, {9300, 10000}}, {{{4, 8}}, quantised, {1800, 2000}, {9001, 10000}}};
  study::write_verification(layout.verification(), verification);

  for (auto const& [stage, wall] :
       {std::pair{"collect.fp", 171.0}, {"collect.quant", 203.0}, {"train", 38.0}, {"search", 21.5}, {"verify", 24.0}}) {
    energy::StageCost run;
    run.stage = stage;
    run.wall_s = wall;
    run.core_h = 1.9 * wall / 3600;
    run.kwh = run.core_h * 0.01;
    run.gco2e = run.kwh * 475;
    run.method = "declared 10 W per busy core";
    run.grid_gco2e_per_kwh = 475;
    run.grid_source = "world average (IEA 2019, as used by CodeCarbon)";
    run.ranks = 2;
    test::add_run(layout, run);
  }
}

}  // namespace apq::test
