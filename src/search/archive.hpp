#pragma once

#include <array>
#include <map>
#include <span>
#include <vector>

#include "search/candidate.hpp"
#include "search/limits.hpp"

namespace apq::search {

/// What a search remembers of all candidates it ever scored: for each metric those that no other beats in fitness at the
/// same or lower cost, and the best under each of the limits it was asked for. Independent of the order of `add`.
class Archive {
 public:
  /// @param watched  limits under which the best candidate is kept.
  explicit Archive(std::vector<Limits> watched);

  void add(std::span<std::uint8_t const> genes, cost::Cost const& cost, double fitness);
  void add(Candidate const& candidate) { add(candidate.genes, candidate.cost, candidate.fitness); }

  /// Non-dominated in (fitness, metric), cheapest first.
  std::vector<Candidate> front(cost::Metric metric) const;
  /// Union of the fronts of all metrics, best first, none twice.
  std::vector<Candidate> members() const;
  /// All that is remembered, some of it several times: what another archive needs to know all that this one does.
  std::vector<Candidate> contents() const;
  /// Best candidate that meets watched limits `i`; nullptr when none was added.
  Candidate const* best(std::size_t i) const { return best_[i].genes.empty() ? nullptr : &best_[i]; }

 private:
  std::vector<Candidate> candidates_of_fronts() const;

  using Front = std::map<double, Candidate>;     // by cost; fitness rises strictly with it
  std::array<Front, cost::num_metrics> fronts_;  // by Metric
  std::vector<Limits> watched_;
  std::vector<Candidate> best_;
};

}  // namespace apq::search
