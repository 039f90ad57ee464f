#include "search/archive.hpp"

#include <algorithm>
#include <iterator>

namespace apq::search {

Archive::Archive(std::vector<Constraint> watched) : watched_(std::move(watched)), best_(watched_.size()) {}

void Archive::add(Candidate const& candidate) {
  for (auto const metric : all_metrics) {
    auto& front = fronts_[static_cast<std::size_t>(metric)];
    double const cost = cost::value_of(candidate.cost, metric);
    auto const above = front.upper_bound(cost);
    if (above != front.begin()) {
      auto const& [below_cost, below] = *std::prev(above);
      // At equal cost and fitness the smaller genes stay.
      bool const is_equal = below_cost == cost && below.fitness == candidate.fitness;
      if (is_equal ? below.genes <= candidate.genes : below.fitness >= candidate.fitness) continue;
    }
    auto const first = front.lower_bound(cost);
    auto last = first;
    while (last != front.end() && last->second.fitness <= candidate.fitness) ++last;
    front.erase(first, last);
    front.emplace(cost, candidate);
  }
  for (std::size_t i = 0; i < watched_.size(); ++i)
    if (is_met(watched_[i], candidate.cost) &&
        (best_[i].genes.empty() || is_better(candidate, best_[i], watched_[i].front().metric)))
      best_[i] = candidate;
}

std::vector<Candidate> Archive::front(cost::Metric metric) const {
  std::vector<Candidate> members;
  for (auto const& [cost, candidate] : fronts_[static_cast<std::size_t>(metric)]) members.push_back(candidate);
  return members;
}

std::vector<Candidate> Archive::members() const {
  std::vector<Candidate> all;
  for (auto const& front : fronts_)
    for (auto const& [cost, candidate] : front) all.push_back(candidate);
  std::sort(all.begin(), all.end(),
            [](Candidate const& a, Candidate const& b) { return is_better(a, b, all_metrics.front()); });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace apq::search
