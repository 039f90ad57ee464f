#include "study/verification.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "common/mpi/collectives.hpp"
#include "common/mpi/turns.hpp"
#include "evaluate/checked_label.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "search/limits.hpp"
#include "study/records/search.hpp"
#include "study/records/verification.hpp"
#include "study/uniform_networks.hpp"

namespace apq::study {
namespace {

/// A winner of the search and its rival.
struct Scenario {
  search::Limits limits;
  search::Candidate network;
  std::optional<std::size_t> best_collected;  ///< row
};

/// Hits as ranks exchange them.
struct Hits {
  std::uint32_t correct, total;
};

Counts counts_of(Hits const& hits) { return {hits.correct, hits.total}; }

bool is_better(h5::Row const& a, h5::Row const& b) {
  auto const left = static_cast<std::uint64_t>(a.correct) * b.total;
  auto const right = static_cast<std::uint64_t>(b.correct) * a.total;
  return left != right ? left > right : a.id < b.id;
}

std::vector<Scenario> read_scenarios(Experiment const& e, cost::CostModel const& cost_model, h5::Dataset const& collected) {
  std::vector<Scenario> scenarios;
  for (auto const& searched : read_search(e.layout.search_summary()).scenarios) {
    Scenario scenario{searched.winner.limits, searched.winner.network, {}};
    for (std::size_t i = 0; i < collected.rows.size(); ++i) {
      if (!search::is_met(scenario.limits, cost_model(collected.rows[i].genes))) continue;
      if (!scenario.best_collected || is_better(collected.rows[i], collected.rows[*scenario.best_collected])) scenario.best_collected = i;
    }
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

// How long the longest label of the collection took.
double longest_label(h5::Dataset const& collected) {
  float seconds = 0;
  for (auto const& row : collected.rows) seconds = std::max(seconds, row.seconds);
  return seconds;
}

// Hits of every subnet, in their order, on every rank. Ranks share the subnets. @param seconds  of one, as far as that is known
std::vector<Hits> evaluate_all(mpi::Communicator const& comm, Experiment const& e, net::Supernet const& supernet,
                               image::Splits const& splits, image::Split const& on, std::vector<space::Subnet> const& subnets,
                               double seconds) {
  auto const range = mpi::block_range(subnets.size(), comm.size(), comm.rank());
  std::vector<Hits> mine;
  mpi::collectively(comm, [&] {
    if (range.first == range.last) return;
    evaluate::SupernetEvaluator evaluator(supernet, splits.calibration, on, e.data, e.evaluator);
    auto const alone = mpi::Communicator::alone();
    mpi::Turns turns(alone, "verify", seconds);
    for (auto i = range.first; i < range.last; ++i) {
      turns.next();
      auto const label = evaluate::checked_label(evaluator, e.space, subnets[i], i, fmt::format("verification on the {} images", on.name));
      mine.push_back({label.correct, label.total});
    }
  });
  return mpi::allgather(comm, std::span<Hits const>(mine));
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
      chosen.push_back(c.network.genes);
      if (c.best_collected) chosen.push_back(collected.rows[*c.best_collected].genes);
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    uniform = uniform_networks(e.space);
    for (auto const& genes : chosen) subnets.push_back(space::subnet_of(e.space, genes));
    for (auto const& network : uniform) subnets.push_back(network.subnet);
  });
  auto const supernet = evaluate::supernet_of_root(comm, e.space, e.supernet_file());
  auto const on_validation = evaluate_all(comm, e, supernet, splits, splits.validation, subnets, longest_label(collected));
  auto const on_test = evaluate_all(comm, e, supernet, splits, splits.test, subnets, longest_label(collected));
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    auto const verified = [&](space::Genes const& genes, cost::Cost const& cost) {
      auto const i = static_cast<std::size_t>(std::lower_bound(chosen.begin(), chosen.end(), genes) - chosen.begin());
      return VerifiedNetwork{genes, cost, counts_of(on_validation[i]), counts_of(on_test[i])};
    };
    Verification verification{splits.test.size(), splits.test.fingerprint, {}, {}};
    for (auto const& c : scenarios) {
      VerifiedWinner winner{c.limits, c.network.fitness, verified(c.network.genes, c.network.cost), {}};
      if (c.best_collected) {
        auto const& row = collected.rows[*c.best_collected];
        winner.best_collected = {row.id, verified(row.genes, (*cost_model)(row.genes))};
        winner.best_collected->network.validation = {row.correct, row.total};  // its label
      }
      verification.winners.push_back(std::move(winner));
    }
    for (std::size_t i = 0; i < uniform.size(); ++i)
      verification.uniform.push_back({uniform[i].bits, (*cost_model)(uniform[i].subnet), counts_of(on_validation[chosen.size() + i]),
                                      counts_of(on_test[chosen.size() + i])});
    write_verification(e.layout.verification(), verification);
  });
}

}  // namespace apq::study
