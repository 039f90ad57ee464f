#include "app/verification.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "search/constraint.hpp"

namespace apq::app {
namespace {

using Json = nlohmann::ordered_json;

struct Constraint {
  cost::Metric metric;
  double limit;
  search::Constraint limits;  // the above and those that hold together with it
  Json winner;
  space::Genes genes;
  std::optional<std::size_t> best_collected;  // row
};

struct Counts {
  std::uint32_t correct, total;
};

Json to_json(Counts const& counts) { return {{"correct", counts.correct}, {"total", counts.total}}; }

Json to_json(cost::Cost const& cost) {
  return {{"macs", cost.macs}, {"params", cost.params}, {"bitops", cost.bitops}, {"size_bytes", cost.size_bytes},
          {"latency_ms", cost.latency_ms}, {"energy_mj", cost.energy_mj}};
}

bool is_better(h5::Row const& a, h5::Row const& b) {
  auto const left = static_cast<std::uint64_t>(a.correct) * b.total;
  auto const right = static_cast<std::uint64_t>(b.correct) * a.total;
  return left != right ? left > right : a.id < b.id;
}

std::vector<Constraint> read_constraints(Experiment const& e, cost::CostModel const& cost_model, h5::Dataset const& collected) {
  auto const search = Json::parse(read_file(e.layout.search_summary()));
  std::vector<Constraint> constraints;
  for (auto const& item : search.at("constraints")) {
    Constraint c{cost::metric_from_name(item.at("metric").get<std::string>()), item.at("limit").get<double>(), {}, item.at("winner"), {}, {}};
    c.limits.push_back({c.metric, c.limit});
    for (auto const& other : item.at("also"))
      c.limits.push_back({cost::metric_from_name(other.at("metric").get<std::string>()), other.at("limit").get<double>()});
    c.genes = c.winner.at("genes").get<space::Genes>();
    for (std::size_t i = 0; i < collected.rows.size(); ++i) {
      if (!search::is_met(c.limits, cost_model(collected.rows[i].genes))) continue;
      if (!c.best_collected || is_better(collected.rows[i], collected.rows[*c.best_collected])) c.best_collected = i;
    }
    constraints.push_back(std::move(c));
  }
  return constraints;
}

using Evaluated = std::map<space::Genes, Counts>;

Evaluated evaluate_all(mpi::Communicator const& comm, Experiment const& e, image::Splits const& splits, image::Split const& on,
                       std::vector<space::Genes> const& subnets) {
  auto const range = mpi::block_range(subnets.size(), comm.size(), comm.rank());
  std::vector<Counts> mine;
  mpi::collectively(comm, [&] {
    if (range.first == range.last) return;
    collect::SupernetEvaluator evaluator(e.space, e.supernet_file(), splits.calibration, on, e.data, e.evaluator);
    for (auto i = range.first; i < range.last; ++i) {
      auto const label = evaluator.evaluate(space::subnet_of(e.space, subnets[i]), i);
      mine.push_back({label.correct, label.total});
    }
  });
  auto const all = mpi::allgather(comm, std::span<Counts const>(mine));
  Evaluated evaluated;
  for (std::size_t i = 0; i < subnets.size(); ++i) evaluated[subnets[i]] = all[i];
  return evaluated;
}

}  // namespace

void verify_winners(mpi::Communicator const& comm, Experiment const& e, image::Splits const& splits, h5::Dataset const& collected) {
  std::vector<Constraint> constraints;
  std::optional<cost::CostModel> cost_model;
  std::vector<space::Genes> subnets;
  mpi::collectively(comm, [&] {
    cost_model.emplace(e.space, e.cost);
    constraints = read_constraints(e, *cost_model, collected);
    for (auto const& c : constraints) {
      subnets.push_back(c.genes);
      if (c.best_collected) subnets.push_back(collected.rows[*c.best_collected].genes);
    }
    std::sort(subnets.begin(), subnets.end());
    subnets.erase(std::unique(subnets.begin(), subnets.end()), subnets.end());
  });
  auto const on_validation = evaluate_all(comm, e, splits, splits.validation, subnets);
  auto const on_test = evaluate_all(comm, e, splits, splits.test, subnets);
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    Json result{{"test_images", splits.test.size()}, {"test_fingerprint", splits.test.fingerprint}, {"winners", Json::array()}};
    for (auto const& c : constraints) {
      Json entry{{"metric", cost::name_of(c.metric)}, {"limit", c.limit}, {"genes", c.genes},
                 {"predicted_accuracy", c.winner.at("predicted_accuracy")}, {"cost", c.winner.at("cost")},
                 {"validation", to_json(on_validation.at(c.genes))}, {"test", to_json(on_test.at(c.genes))}, {"best_collected", nullptr}};
      if (c.best_collected) {
        auto const& row = collected.rows[*c.best_collected];
        entry["best_collected"] = {{"id", row.id}, {"genes", row.genes}, {"cost", to_json((*cost_model)(row.genes))},
                                   {"validation", {{"correct", row.correct}, {"total", row.total}}}, {"test", to_json(on_test.at(row.genes))}};
      }
      result["winners"].push_back(std::move(entry));
    }
    replace_file(e.layout.verification(), result.dump(1) + "\n");
  });
}

}  // namespace apq::app
