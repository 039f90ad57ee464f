#include "collect/claim_order.hpp"

#include <algorithm>
#include <utility>

namespace apq::collect {
namespace {

// Where samples differ by a factor of two or three this many rounds even out nearly all; more would only make what a stopped
// collection leaves less random (bench/simulate_collector.cpp).
constexpr std::size_t rounds = 4;

}  // namespace

std::vector<std::uint64_t> claim_order(std::vector<std::uint64_t> ids, int num_ranks,
                                       std::function<double(std::uint64_t id)> const& cost_of) {
  auto const last = std::min(ids.size(), rounds * static_cast<std::size_t>(num_ranks));
  std::vector<std::pair<double, std::uint64_t>> tail;
  for (auto i = ids.size() - last; i < ids.size(); ++i) tail.emplace_back(-cost_of(ids[i]), ids[i]);
  std::sort(tail.begin(), tail.end());
  std::transform(tail.begin(), tail.end(), ids.end() - static_cast<std::ptrdiff_t>(last), [](auto const& item) { return item.second; });
  return ids;
}

}  // namespace apq::collect
