#include "search/scorer.hpp"

#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::search {

std::size_t Scorer::Hash::operator()(space::Genes const& genes) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<char const*>(genes.data()), genes.size()});
}

std::vector<double> Scorer::score(std::span<space::Genes const> genes) {
  constexpr double not_yet = -1;
  std::vector<space::Genes> fresh;
  for (auto const& one : genes)
    if (known_.emplace(one, not_yet).second) fresh.push_back(one);

  auto const range = mpi::block_range(fresh.size(), comm_.size(), comm_.rank());
  std::vector<double> mine(range.last - range.first);
  mpi::collectively(comm_, [&] {
    if (mine.empty()) return;
    fitness_.evaluate(std::span(fresh).subspan(range.first, mine.size()), mine);
    for (double const value : mine)
      if (!std::isfinite(value))
        throw Error(Errc::numeric, fmt::format("search: the {} fitness of a subnet is {}, not a finite number", fitness_.name(), value));
  });
  auto const scores = mpi::allgather(comm_, std::span<double const>(mine));
  for (std::size_t i = 0; i < fresh.size(); ++i) known_[fresh[i]] = scores[i];

  std::vector<double> result;
  result.reserve(genes.size());
  for (auto const& one : genes) result.push_back(known_.at(one));
  return result;
}

}  // namespace apq::search
