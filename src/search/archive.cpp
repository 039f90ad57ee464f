#include "search/archive.hpp"

#include <algorithm>
#include <iterator>

namespace apq::search {

Archive::Archive(std::vector<Limits> watched) : watched_(std::move(watched)), best_(watched_.size()) {}

void Archive::add(std::span<std::uint8_t const> genes, cost::Cost const& cost, double fitness) {
  auto const candidate = [&] { return Candidate{{genes.begin(), genes.end()}, cost, fitness}; };
  for (auto const& row : cost::metrics) {
    auto& front = fronts_[static_cast<std::size_t>(row.metric)];
    double const value = cost.*row.field;
    auto const above = front.upper_bound(value);
    if (above != front.begin()) {
      auto const& [below_value, below] = *std::prev(above);
      // At equal cost and fitness the smaller genes stay.
      bool const is_equal = below_value == value && below.fitness == fitness;
      if (is_equal ? std::ranges::lexicographical_compare(below.genes, genes) || std::ranges::equal(below.genes, genes)
                   : below.fitness >= fitness)
        continue;
    }
    auto const first = front.lower_bound(value);
    auto last = first;
    while (last != front.end() && last->second.fitness <= fitness) ++last;
    front.erase(first, last);
    front.emplace(value, candidate());
  }
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    auto& best = best_[i];
    if (!best.genes.empty() && fitness < best.fitness) continue;
    if (!is_met(watched_[i], cost)) continue;
    if (auto challenger = candidate(); best.genes.empty() || is_better(challenger, best, watched_[i].front().metric))
      best = std::move(challenger);
  }
}

std::vector<Candidate> Archive::front(cost::Metric metric) const {
  std::vector<Candidate> members;
  for (auto const& [cost, candidate] : fronts_[static_cast<std::size_t>(metric)]) members.push_back(candidate);
  return members;
}

std::vector<Candidate> Archive::contents() const {
  auto all = candidates_of_fronts();
  for (auto const& best : best_)
    if (!best.genes.empty()) all.push_back(best);
  return all;
}

std::vector<Candidate> Archive::candidates_of_fronts() const {
  std::vector<Candidate> all;
  for (auto const& front : fronts_)
    for (auto const& [cost, candidate] : front) all.push_back(candidate);
  return all;
}

std::vector<Candidate> Archive::members() const {
  auto all = candidates_of_fronts();
  std::sort(all.begin(), all.end(), [](Candidate const& a, Candidate const& b) { return is_better(a, b, cost::metrics.front().metric); });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace apq::search
