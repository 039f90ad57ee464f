#include "search/scorer.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/mpi/block_share.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::search {

Scores Scorer::score(std::span<Fingerprint const> fingerprints, WriteGenes const& write_genes, std::size_t num_genes, PartClock& clock) {
  auto const n = fingerprints.size();
  Scores result{std::vector<double>(n), std::vector<std::size_t>(n), std::vector<std::uint8_t>(n)};
  std::vector<std::size_t> fresh;  // rows to be scored, in their order
  known_.reserve(n);
  auto const first_number = known_.size();
  constexpr std::size_t ahead = 16;
  for (std::size_t i = 0; i < n; ++i) {
    if (i + ahead < n) known_.prefetch(fingerprints[i + ahead]);
    auto const found = known_.find_or_add(fingerprints[i]);
    result.numbers[i] = found.number;
    result.is_new[i] = found.is_new;
    if (found.is_new) fresh.push_back(i);
  }
  clock.charge(Part::selection);

  auto const range = mpi::block_range(fresh.size(), comm_.size(), comm_.rank());
  std::vector<double> scores(fresh.size());
  auto const mine = std::span(scores).subspan(range.first, range.last - range.first);
  mpi::collectively(comm_, [&] {
    if (mine.empty()) return;
    rows_.resize(mine.size() * num_genes);
    for (std::size_t i = 0; i < mine.size(); ++i) write_genes(fresh[range.first + i], std::span(rows_).subspan(i * num_genes, num_genes));
    fitness_.evaluate(space::GeneRows(rows_, num_genes), mine);
    for (double const value : mine)
      if (!std::isfinite(value))
        throw Error(Errc::numeric, fmt::format("search: the {} fitness of a subnet is {}, not a finite number", fitness_.name(), value));
    clock.charge(Part::prediction);
  });
  mpi::share_blocks(comm_, std::span(scores), scores.size());
  clock.charge(Part::exchange);
  for (std::size_t i = 0; i < scores.size(); ++i) known_[first_number + i] = scores[i];
  for (std::size_t i = 0; i < n; ++i) result.fitness[i] = known_[result.numbers[i]];
  clock.charge(Part::selection);
  return result;
}

}  // namespace apq::search
