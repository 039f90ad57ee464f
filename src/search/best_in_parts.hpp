#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

// The best k of many that lie in parts: each part puts in order what is no worse than the k-th, and the ordered parts are
// merged. Local, pure functions of their arguments.
namespace apq::search {

/// What ranks a candidate before its genes do, in the metric that decides between equal fitness.
struct Standing {
  double fitness, cost;
  bool operator==(Standing const&) const = default;
};

/// As is_better() of two candidates; equal standings are left to the genes.
inline bool is_before(Standing const& a, Standing const& b) { return a.fitness != b.fitness ? a.fitness > b.fitness : a.cost < b.cost; }

/// The worst of the best k, or of all when there are fewer. At least k standings are not after it, more only where some equal it.
/// @param standings  not empty; are left in another order.
/// @param k          at least 1
inline Standing last_of_best(std::span<Standing> standings, std::size_t k) {
  auto const last = standings.begin() + static_cast<std::ptrdiff_t>(std::min(k, standings.size()) - 1);
  std::nth_element(standings.begin(), last, standings.end(), is_before);
  return *last;
}

/// Puts items in order by merging the ordered runs they consist of: quick where these are few.
template <class T, class Before>
void merge_runs(std::vector<T>& items, Before const& before) {
  std::vector<std::ptrdiff_t> bounds{0};  // where runs begin, and the end
  auto const at = [&](std::ptrdiff_t i) { return items.begin() + i; };
  while (at(bounds.back()) != items.end()) bounds.push_back(std::is_sorted_until(at(bounds.back()), items.end(), before) - items.begin());
  while (bounds.size() > 2) {
    std::vector<std::ptrdiff_t> left{0};
    for (std::size_t i = 2; i < bounds.size(); i += 2) {
      std::inplace_merge(at(bounds[i - 2]), at(bounds[i - 1]), at(bounds[i]), before);
      left.push_back(bounds[i]);
    }
    if (bounds.size() % 2 == 0) left.push_back(bounds.back());
    bounds = std::move(left);
  }
}

}  // namespace apq::search
