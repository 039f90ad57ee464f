#include "search/best_in_parts.hpp"

#include <gtest/gtest.h>

#include "common/core/random.hpp"
#include "common/mpi/collectives.hpp"

namespace {

using namespace apq;

/// Few different standings and names, so that many are equal in one, in two or in all.
struct Named {
  search::Standing standing;
  std::uint64_t name;
  bool operator==(Named const&) const = default;
};

bool is_before(Named const& a, Named const& b) {
  return a.standing != b.standing ? search::is_before(a.standing, b.standing) : a.name < b.name;
}

std::vector<Named> random_items(std::size_t n, RandomStream& random) {
  std::vector<Named> items;
  for (std::size_t i = 0; i < n; ++i)
    items.push_back({{static_cast<double>(random.below(5)), static_cast<double>(random.below(4))}, random.below(6)});
  return items;
}

std::vector<Named> best_by_sorting(std::vector<Named> items, std::size_t k) {
  std::sort(items.begin(), items.end(), is_before);
  items.resize(std::min(k, items.size()));
  return items;
}

std::vector<Named> best_in_parts(std::vector<Named> const& items, std::size_t k, int num_parts) {
  std::vector<search::Standing> standings;
  for (auto const& item : items) standings.push_back(item.standing);
  auto const last = search::last_of_best(standings, k);
  std::vector<Named> best;
  for (int part = 0; part < num_parts; ++part) {
    auto const range = mpi::block_range(items.size(), num_parts, part);
    auto const num_before = static_cast<std::ptrdiff_t>(best.size());
    for (auto i = range.first; i < range.last; ++i)
      if (!search::is_before(last, items[i].standing)) best.push_back(items[i]);
    std::sort(best.begin() + num_before, best.end(), is_before);
  }
  search::merge_runs(best, is_before);
  best.resize(std::min(k, best.size()));
  return best;
}

TEST(BestInParts, PartsGiveWhatSortingGives) {
  RandomStream random(1, "test.best_of");
  for (int trial = 0; trial < 400; ++trial) {
    auto const items = random_items(1 + random.below(60), random);
    auto const k = 1 + random.below(70);
    for (int num_parts : {1, 2, 3, 7}) ASSERT_EQ(best_in_parts(items, k, num_parts), best_by_sorting(items, k));
  }
}

TEST(BestInParts, MergedRunsAreInOrderHoweverManyTheyAre) {
  RandomStream random(2, "test.best_of");
  for (std::size_t n = 0; n < 40; ++n) {
    auto items = random_items(n, random);
    auto const sorted = best_by_sorting(items, n);
    search::merge_runs(items, is_before);
    ASSERT_EQ(items, sorted);
    search::merge_runs(items, is_before);
    ASSERT_EQ(items, sorted);
    std::reverse(items.begin(), items.end());
    search::merge_runs(items, is_before);
    ASSERT_EQ(items, sorted);
  }
}

}  // namespace
