#pragma once

#include <cstddef>
#include <span>
#include <vector>

// Sets of points with m objectives, row-major [n, m], all minimised (negate an accuracy). Local, pure functions.
namespace apq::search {

/// True when `a` is nowhere worse than `b` and somewhere better.
bool dominates(std::span<double const> a, std::span<double const> b);

/// Rank of each point: 0 for the front, 1 for the front of the rest, ... (Deb et al., IEEE TEC 6(2), 2002, Sec. III-A).
/// O(m n^2). @throws Error(internal) when points.size() is not a multiple of m.
std::vector<int> non_dominated_ranks(std::span<double const> points, std::size_t m);

/// Crowding distance inside one front (ibid., Sec. III-B): >= 0, unitless, each objective scaled by its range; the extremes
/// of every objective get +inf. O(m n log n). @throws Error(internal) as above.
std::vector<double> crowding_distances(std::span<double const> front, std::size_t m);

struct Point2 {
  double x, y;
};

/// Area that a set of points dominates below and left of `reference` (both objectives minimised); points beyond it count
/// nothing. O(n log n).
double hypervolume(std::vector<Point2> points, Point2 reference);

}  // namespace apq::search
