#include "study/verification.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_json.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/checked_label.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "search/limits.hpp"
#include "study/uniform_networks.hpp"

namespace apq::study {
namespace {

using Json = nlohmann::ordered_json;

/// What a winner of the search has to hold.
struct Scenario {
  cost::Metric metric;
  double limit;
  search::Limits limits;  // the above and those that hold together with it
  Json winner;
  space::Genes genes;
  std::optional<std::size_t> best_collected;  // row
};

struct Counts {
  std::uint32_t correct, total;
};

Json to_json(Counts const& counts) { return {{"correct", counts.correct}, {"total", counts.total}}; }

bool is_better(h5::Row const& a, h5::Row const& b) {
  auto const left = static_cast<std::uint64_t>(a.correct) * b.total;
  auto const right = static_cast<std::uint64_t>(b.correct) * a.total;
  return left != right ? left > right : a.id < b.id;
}

std::vector<Scenario> read_scenarios(Experiment const& e, cost::CostModel const& cost_model, h5::Dataset const& collected) {
  auto const search = Json::parse(read_file(e.layout.search_summary()));
  std::vector<Scenario> scenarios;
  for (auto const& item : search.at("constraints")) {
    Scenario c{cost::metric_from_name(item.at("metric").get<std::string>()), item.at("limit").get<double>(), {}, item.at("winner"), {}, {}};
    c.limits.push_back({c.metric, c.limit});
    for (auto const& other : item.at("also"))
      c.limits.push_back({cost::metric_from_name(other.at("metric").get<std::string>()), other.at("limit").get<double>()});
    c.genes = c.winner.at("genes").get<space::Genes>();
    for (std::size_t i = 0; i < collected.rows.size(); ++i) {
      if (!search::is_met(c.limits, cost_model(collected.rows[i].genes))) continue;
      if (!c.best_collected || is_better(collected.rows[i], collected.rows[*c.best_collected])) c.best_collected = i;
    }
    scenarios.push_back(std::move(c));
  }
  return scenarios;
}

// Counts of every subnet, in their order, on every rank. Ranks share the subnets.
std::vector<Counts> evaluate_all(mpi::Communicator const& comm, Experiment const& e, image::Splits const& splits, image::Split const& on,
                                 std::vector<space::Subnet> const& subnets) {
  auto const range = mpi::block_range(subnets.size(), comm.size(), comm.rank());
  std::vector<Counts> mine;
  mpi::collectively(comm, [&] {
    if (range.first == range.last) return;
    evaluate::SupernetEvaluator evaluator(e.space, e.supernet_file(), splits.calibration, on, e.data, e.evaluator);
    for (auto i = range.first; i < range.last; ++i) {
      auto const label = evaluate::checked_label(evaluator, e.space, subnets[i], i, fmt::format("verification on the {} images", on.name));
      mine.push_back({label.correct, label.total});
    }
  });
  return mpi::allgather(comm, std::span<Counts const>(mine));
}

}  // namespace

void verify_winners(mpi::Communicator const& comm, Experiment const& e, image::Splits const& splits, h5::Dataset const& collected) {
  std::vector<Scenario> scenarios;
  std::optional<cost::CostModel> cost_model;
  std::vector<space::Genes> chosen;
  std::vector<UniformNetwork> uniform;
  std::vector<space::Subnet> subnets;  // the chosen ones, then the uniform ones
  mpi::collectively(comm, [&] {
    cost_model.emplace(e.space, e.cost);
    scenarios = read_scenarios(e, *cost_model, collected);
    for (auto const& c : scenarios) {
      chosen.push_back(c.genes);
      if (c.best_collected) chosen.push_back(collected.rows[*c.best_collected].genes);
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    uniform = uniform_networks(e.space);
    for (auto const& genes : chosen) subnets.push_back(space::subnet_of(e.space, genes));
    for (auto const& network : uniform) subnets.push_back(network.subnet);
  });
  auto const on_validation = evaluate_all(comm, e, splits, splits.validation, subnets);
  auto const on_test = evaluate_all(comm, e, splits, splits.test, subnets);
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    auto const index_of = [&](space::Genes const& genes) {
      return static_cast<std::size_t>(std::lower_bound(chosen.begin(), chosen.end(), genes) - chosen.begin());
    };
    Json result{{"test_images", splits.test.size()},
                {"test_fingerprint", splits.test.fingerprint},
                {"winners", Json::array()},
                {"uniform", Json::array()}};
    for (auto const& c : scenarios) {
      Json entry{{"metric", cost::name_of(c.metric)},
                 {"limit", c.limit},
                 {"genes", c.genes},
                 {"predicted_accuracy", c.winner.at("predicted_accuracy")},
                 {"cost", c.winner.at("cost")},
                 {"validation", to_json(on_validation[index_of(c.genes)])},
                 {"test", to_json(on_test[index_of(c.genes)])},
                 {"best_collected", nullptr}};
      if (c.best_collected) {
        auto const& row = collected.rows[*c.best_collected];
        entry["best_collected"] = {{"id", row.id},
                                   {"genes", row.genes},
                                   {"cost", cost::cost_to_json((*cost_model)(row.genes))},
                                   {"validation", {{"correct", row.correct}, {"total", row.total}}},
                                   {"test", to_json(on_test[index_of(row.genes)])}};
      }
      result["winners"].push_back(std::move(entry));
    }
    for (std::size_t i = 0; i < uniform.size(); ++i) {
      auto const& bits = uniform[i].bits;
      result["uniform"].push_back({{"bits", bits ? Json{{"weights", (*bits)[0]}, {"activations", (*bits)[1]}} : Json(nullptr)},
                                   {"cost", cost::cost_to_json((*cost_model)(uniform[i].subnet))},
                                   {"validation", to_json(on_validation[chosen.size() + i])},
                                   {"test", to_json(on_test[chosen.size() + i])}});
    }
    replace_file(e.layout.verification(), result.dump(1) + "\n");
  });
}

}  // namespace apq::study
