#include "search/pareto.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::search {
namespace {

std::size_t num_points(std::span<double const> points, std::size_t m) {
  if (m == 0 || points.size() % m != 0)
    throw Error(Errc::internal, fmt::format("pareto: {} numbers are no rows of {} objectives", points.size(), m));
  return points.size() / m;
}

}  // namespace

bool dominates(std::span<double const> a, std::span<double const> b) {
  bool is_better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    is_better |= a[i] < b[i];
  }
  return is_better;
}

std::vector<int> non_dominated_ranks(std::span<double const> points, std::size_t m) {
  auto const n = num_points(points, m);
  auto const row = [&](std::size_t i) { return points.subspan(i * m, m); };
  std::vector<std::size_t> num_dominating(n, 0), current;
  std::vector<std::vector<std::size_t>> dominated(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      if (dominates(row(i), row(j))) dominated[i].push_back(j);
      num_dominating[i] += dominates(row(j), row(i));
    }
    if (num_dominating[i] == 0) current.push_back(i);
  }
  std::vector<int> ranks(n, 0);
  for (int rank = 0; !current.empty(); ++rank) {
    std::vector<std::size_t> next;
    for (auto const i : current) {
      ranks[i] = rank;
      for (auto const j : dominated[i])
        if (--num_dominating[j] == 0) next.push_back(j);
    }
    current = std::move(next);
  }
  return ranks;
}

std::vector<double> crowding_distances(std::span<double const> front, std::size_t m) {
  auto const n = num_points(front, m);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> distances(n, 0);
  std::vector<std::size_t> order(n);
  for (std::size_t objective = 0; objective < m && n > 0; ++objective) {
    auto const value = [&](std::size_t i) { return front[i * m + objective]; };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return value(a) < value(b); });
    double const range = value(order.back()) - value(order.front());
    distances[order.front()] = distances[order.back()] = infinity;
    for (std::size_t i = 1; i + 1 < n && range > 0; ++i) distances[order[i]] += (value(order[i + 1]) - value(order[i - 1])) / range;
  }
  return distances;
}

double hypervolume(std::vector<Point2> points, Point2 reference) {
  std::sort(points.begin(), points.end(), [](Point2 const& a, Point2 const& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  double area = 0, lowest = reference.y;
  for (auto const& point : points) {
    if (point.x >= reference.x || point.y >= lowest) continue;
    area += (reference.x - point.x) * (lowest - point.y);
    lowest = point.y;
  }
  return area;
}

}  // namespace apq::search
